"""Leases as series."""

from __future__ import annotations

import pytest

from exporter.kinds.lease import Lease, leases
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import series


def test_a_lease_is_named_by_lease_and_namespace() -> None:
    assert leases.identity == ("lease", "namespace")
    assert leases.identity_of(Lease(Metadata(name="node-1", namespace="kube-node-lease"))) == (
        "node-1",
        "kube-node-lease",
    )


def owner(holder: str | None, *owners: dict[str, str]) -> list[str]:
    lease = {"metadata": {"ownerReferences": owners}, "spec": {"holderIdentity": holder}}
    return series(leases, "kube_lease_owner", lease)


def test_every_owner_is_shown_with_the_holder() -> None:
    assert owner("n1", {"kind": "Node", "name": "n1"}, {"kind": "Pod", "name": "p"}) == [
        '{owner_kind="Node",owner_name="n1",lease_holder="n1"} 1',
        '{owner_kind="Pod",owner_name="p",lease_holder="n1"} 1',
    ]


def test_a_lease_that_nobody_owns_is_shown_all_the_same() -> None:
    assert owner("scheduler-1") == ['{owner_kind="",owner_name="",lease_holder="scheduler-1"} 1']
    assert owner(None) == ['{owner_kind="",owner_name="",lease_holder=""} 1']


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        ("1970-01-01T00:00:07.999999Z", 7),
        ("1970-01-01T01:00:07+01:00", 7),
        ("1969-12-31T23:59:58.500000Z", -2),
    ],
)
def test_the_time_of_renewal_is_cut_to_whole_seconds(moment: str, seconds: int) -> None:
    assert series(leases, "kube_lease_renew_time", {"spec": {"renewTime": moment}}) == [
        f"{{}} {seconds}"
    ]


@pytest.mark.parametrize("spec", [{}, {"renewTime": None}])
def test_a_lease_that_was_never_renewed_shows_no_time(spec: dict[str, object]) -> None:
    assert series(leases, "kube_lease_renew_time", {"spec": spec}) == []
