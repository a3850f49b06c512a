"""Secrets as series."""

from __future__ import annotations

import json

from exporter.kinds.secret import Secret, secrets
from exporter.kubernetes.decoding import Decoder
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series

SECRET = {
    "metadata": {
        "name": "tls",
        "namespace": "shop",
        "resourceVersion": "42",
        "creationTimestamp": "1970-01-01T00:00:07Z",
        "labels": {"app.kubernetes.io/partOf": "shop"},
        "annotations": {"team": "x"},
    },
    "type": "kubernetes.io/tls",
    "data": {"tls.key": "czNjcmV0"},
    "stringData": {"tls.crt": "s3cret"},
}


def test_secrets_are_asked_for_at_their_place() -> None:
    assert (secrets.api_version, secrets.resource) == ("v1", "secrets")
    assert secrets.namespaced


def test_a_secret_is_named_by_namespace_and_name() -> None:
    assert secrets.identity == ("namespace", "secret")
    assert secrets.identity_of(Secret(Metadata(name="tls", namespace="shop"))) == ("shop", "tls")


def test_the_type_is_shown_and_nothing_that_the_secret_holds() -> None:
    assert every_series(secrets, SECRET) == {
        "kube_secret_info": ["{} 1"],
        "kube_secret_type": ['{type="kubernetes.io/tls"} 1'],
        "kube_secret_annotations": ['{annotation_team="x"} 1'],
        "kube_secret_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_secret_created": ["{} 7"],
        "kube_secret_metadata_resource_version": ["{} 42"],
        "kube_secret_owner": ['{owner_kind="",owner_name="",owner_is_controller=""} 1'],
    }


def test_only_metadata_and_type_are_decoded() -> None:
    assert Secret.__struct_fields__ == ("metadata", "type")
    assert "czNjcmV0" not in repr(Decoder(Secret).decode(json.dumps(SECRET).encode()))


def test_whole_secrets_are_not_asked_for() -> None:
    assert secrets.metadata_only


def test_a_type_that_is_not_known_is_not_shown() -> None:
    assert series(secrets, "kube_secret_type", {"metadata": {"name": "tls"}}) == []


def test_owners_are_shown() -> None:
    owner = {"kind": "Certificate", "name": "c", "controller": True}

    assert series(secrets, "kube_secret_owner", {"metadata": {"ownerReferences": [owner]}}) == [
        '{owner_kind="Certificate",owner_name="c",owner_is_controller="true"} 1'
    ]
