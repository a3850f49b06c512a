from __future__ import annotations

import msgspec
import pytest
import yaml

from exporter.discovery.declared import Allowed, Marks
from exporter.discovery.secrets import Secrets
from tests.discovery.simulated_hub import (
    TOKEN,
    SimulatedHub,
    authorization,
    heard,
    kubeconfig,
    only,
)

MEMBER = {"fleet": "member"}


def declared(hub: SimulatedHub, **fields: object) -> Secrets:
    given = {"namespace": "fleet", "label_selector": "fleet=member", "kubeconfig": str(hub.file)}
    return Secrets(**{**given, **fields})  # type: ignore[arg-type]  # of many types


def secret_of(server: str) -> dict[str, str]:
    return {"kubeconfig": yaml.safe_dump(kubeconfig(server))}


async def test_each_chosen_secret_is_a_cluster_with_its_name(hub: SimulatedHub) -> None:
    hub.put_secret("eu-1", secret_of("https://eu-1:6443"), labels=MEMBER)
    hub.put_secret("us-1", secret_of("https://us-1:6443"), labels=MEMBER)
    hub.put_secret("other", secret_of("https://other:6443"))
    hub.put_secret("away", secret_of("https://away:6443"), labels=MEMBER, namespace="elsewhere")
    async with heard(declared(hub)) as provider:
        snapshot = await provider.next()

    assert [cluster.name for cluster in snapshot] == ["eu-1", "us-1"]
    cluster = snapshot[0]
    assert (cluster.provider, cluster.source) == ("secrets", "secrets secret fleet/eu-1")
    assert cluster.server is not None and cluster.server.url == "https://eu-1:6443"
    assert await authorization(cluster) == f"Bearer {TOKEN}"


async def test_without_a_namespace_all_are_looked_into(hub: SimulatedHub) -> None:
    hub.put_secret("eu-1", secret_of("https://eu-1:6443"), labels=MEMBER, namespace="a")
    hub.put_secret("us-1", secret_of("https://us-1:6443"), labels=MEMBER, namespace="b")
    async with heard(declared(hub, namespace="")) as provider:
        assert await provider.names() == ["eu-1", "us-1"]


async def test_the_name_may_stand_in_a_label_and_the_kubeconfig_under_another_key(
    hub: SimulatedHub,
) -> None:
    text = yaml.safe_dump(kubeconfig("https://eu-1:6443"))
    hub.put_secret("vc-7", {"config": text}, labels={**MEMBER, "cluster": "eu-1"})
    hub.put_secret("vc-8", {"config": text}, labels=MEMBER)
    async with heard(declared(hub, key="config", name_label="cluster")) as provider:
        assert await provider.names() == ["eu-1", "vc-8"]


async def test_secrets_that_come_change_and_go_are_followed(hub: SimulatedHub) -> None:
    hub.put_secret("eu-1", secret_of("https://eu-1:6443"), labels=MEMBER)
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        hub.put_secret("eu-1", secret_of("https://eu-1:7443"), labels=MEMBER)
        after = only(await provider.next())
        hub.put_secret("us-1", secret_of("https://us-1:6443"), labels=MEMBER)
        both = await provider.names()
        hub.delete_secret("eu-1")
        one = await provider.names()
        hub.put_secret("us-1", secret_of("https://us-1:6443"))  # the label has gone
        none = await provider.names()

    assert before.digest != after.digest
    assert (both, one, none) == (["eu-1", "us-1"], ["us-1"], [])


async def test_a_rotated_credential_is_another_way_to_the_same_cluster(hub: SimulatedHub) -> None:
    hub.put_secret("eu-1", secret_of("https://eu-1:6443"), labels=MEMBER)
    rotated = yaml.safe_dump(kubeconfig("https://eu-1:6443", token="rotated"))
    async with heard(declared(hub)) as provider:
        before = only(await provider.next())
        hub.put_secret("eu-1", {"kubeconfig": rotated}, labels=MEMBER)
        after = only(await provider.next())

    assert (before.name, before.source) == (after.name, after.source)
    assert before.digest != after.digest
    assert await authorization(after) == "Bearer rotated"


async def test_labels_and_annotations_of_the_secret_become_labels_and_marks(
    hub: SimulatedHub,
) -> None:
    labels = {**MEMBER, "region": "eu", "maintenance": ""}
    annotations = {"tenant": "shop", "virtual": "false"}
    hub.put_secret("eu-1", secret_of("https://eu-1"), labels=labels, annotations=annotations)
    settings = declared(
        hub,
        labels={"region": "region", "tenant": "tenant", "absent": "absent"},
        marks=Marks(maintenance="maintenance", virtual="virtual"),
    )
    async with heard(settings) as provider:
        cluster = only(await provider.next())

    assert cluster.labels == {"region": "eu", "tenant": "shop"}
    assert (cluster.maintenance, cluster.virtual, cluster.hibernated) == (True, False, False)


async def test_a_secret_that_cannot_be_used_is_listed_and_the_others_go_on(
    hub: SimulatedHub,
) -> None:
    hub.put_secret("eu-1", secret_of("https://eu-1:6443"), labels=MEMBER)
    hub.put_secret("keyless", {"other": "x"}, labels=MEMBER)
    hub.put_secret("nonsense", {"kubeconfig": f"token: [{TOKEN}"}, labels=MEMBER)
    async with heard(declared(hub)) as provider:
        good, keyless, nonsense = await provider.next()

    assert good.refusal is None and good.server is not None
    assert keyless.refusal is not None and nonsense.refusal is not None
    assert (keyless.server, keyless.refusal.condition) == (None, "unauthorized")
    assert keyless.refusal.message == "secret fleet/keyless: has nothing under 'kubeconfig'"
    assert nonsense.refusal.message.startswith("secret fleet/nonsense: is not YAML")
    assert TOKEN not in repr(nonsense)


async def test_what_a_kubeconfig_of_a_secret_may_do_is_up_to_the_settings(
    hub: SimulatedHub,
) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws"}
    text = yaml.safe_dump(kubeconfig("https://eu-1:6443", exec=plugin))
    hub.put_secret("eu-1", {"kubeconfig": text}, labels=MEMBER)
    async with heard(declared(hub)) as provider:
        refused = only(await provider.next())
    async with heard(declared(hub, allow=Allowed(exec=("aws",)))) as provider:
        allowed = only(await provider.next())

    assert refused.refusal is not None and refused.server is None
    assert refused.refusal.condition == "refused-by-policy"
    assert "allow.exec: ['aws'] permits it" in refused.refusal.message
    assert allowed.refusal is None and allowed.server is not None


async def test_of_two_secrets_that_give_one_name_the_older_comes_first(hub: SimulatedHub) -> None:
    labels = {**MEMBER, "cluster": "eu-1"}
    for name, created in (("a", "2026-03-01T00:00:00Z"), ("b", "2026-02-01T00:00:00Z")):
        hub.put_secret(name, secret_of(f"https://{name}"), labels=labels, created=created)

    async with heard(declared(hub, name_label="cluster")) as provider:
        snapshot = await provider.next()

    assert [cluster.source for cluster in snapshot] == [
        "secrets secret fleet/b",
        "secrets secret fleet/a",
    ]


def test_without_a_preset_somebody_has_to_say_which_secrets() -> None:
    with pytest.raises(msgspec.ValidationError, match="give a label_selector, or a preset"):
        msgspec.convert({"provider": "secrets"}, Secrets)


async def test_what_is_given_beside_a_preset_goes_before_it(hub: SimulatedHub) -> None:
    data = {"config": "", "admin": yaml.safe_dump(kubeconfig("https://eu-1:6443"))}
    labels = {"app": "vcluster", "vcluster-name": "eu-1", "team": "shop", "shown": "shop-eu"}
    hub.put_secret("vc-eu-1", data, labels=labels)
    hub.put_secret("vc-us-1", data, labels={**labels, "team": "other"})
    settings = declared(
        hub, preset="vcluster", label_selector="team=shop", key="admin", name_label="shown"
    )
    async with heard(settings) as provider:
        cluster = only(await provider.next())

    assert (cluster.name, cluster.refusal) == ("shop-eu", None)
