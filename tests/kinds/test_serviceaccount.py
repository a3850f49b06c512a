"""Service accounts as series."""

from __future__ import annotations

from exporter.kinds.serviceaccount import ServiceAccount, serviceaccounts
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def test_serviceaccounts_are_asked_for_at_their_place() -> None:
    assert (serviceaccounts.api_version, serviceaccounts.resource) == ("v1", "serviceaccounts")
    assert serviceaccounts.namespaced


def test_an_account_is_named_by_namespace_name_and_uid() -> None:
    named = ServiceAccount(Metadata(name="web", namespace="shop", uid="u-1"))

    assert serviceaccounts.identity == ("namespace", "serviceaccount", "uid")
    assert serviceaccounts.identity_of(named) == ("shop", "web", "u-1")


def test_an_account_with_secrets() -> None:
    account = {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "u-1",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "deletionTimestamp": "1970-01-01T00:00:09Z",
            "annotations": {"team": "x"},
        },
        "automountServiceAccountToken": False,
        "secrets": [{"name": "token-1"}, {"name": "token-2"}],
        "imagePullSecrets": [{"name": "registry"}],
    }

    assert every_series(serviceaccounts, account) == {
        "kube_serviceaccount_info": ['{automount_token="false"} 1'],
        "kube_serviceaccount_created": ["{} 7"],
        "kube_serviceaccount_deleted": ["{} 9"],
        "kube_serviceaccount_secret": ['{name="token-1"} 1', '{name="token-2"} 1'],
        "kube_serviceaccount_image_pull_secret": ['{name="registry"} 1'],
        "kube_serviceaccount_annotations": ['{annotation_team="x"} 1'],
        "kube_serviceaccount_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
    }


def test_an_account_without_secrets() -> None:
    shown = {name: lines for name, lines in every_series(serviceaccounts, {}).items() if lines}

    assert shown == {
        "kube_serviceaccount_info": ['{automount_token=""} 1'],
        "kube_serviceaccount_annotations": ["{} 1"],
        "kube_serviceaccount_labels": ["{} 1"],
    }


def test_a_reference_without_a_name_is_empty() -> None:
    assert series(serviceaccounts, "kube_serviceaccount_secret", {"secrets": [{}]}) == [
        '{name=""} 1'
    ]


def test_whether_pods_get_the_token_may_be_left_to_them() -> None:
    def automount(value: bool | None) -> list[str]:
        account = {"automountServiceAccountToken": value}
        return series(serviceaccounts, "kube_serviceaccount_info", account)

    assert automount(True) == ['{automount_token="true"} 1']
    assert automount(False) == ['{automount_token="false"} 1']
    assert automount(None) == ['{automount_token=""} 1']
