"""Certificate signing requests as series."""

from __future__ import annotations

from base64 import b64encode

import pytest

from exporter.kinds.certificatesigningrequest import (
    CertificateSigningRequest,
    CertificateSigningRequestSpec,
    certificatesigningrequests,
)
from exporter.kubernetes.decoding import Decoder, Undecodable
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def conditions(*types: str) -> list[str]:
    status = {"conditions": [{"type": type_, "status": "True"} for type_ in types]}
    return series(
        certificatesigningrequests, "kube_certificatesigningrequest_condition", {"status": status}
    )


def length(certificate: str | None) -> list[str]:
    return series(
        certificatesigningrequests,
        "kube_certificatesigningrequest_cert_length",
        {"status": {"certificate": certificate}},
    )


def test_certificatesigningrequests_are_asked_for_at_their_place() -> None:
    assert (certificatesigningrequests.api_version, certificatesigningrequests.resource) == (
        "certificates.k8s.io/v1",
        "certificatesigningrequests",
    )
    assert not certificatesigningrequests.namespaced


def test_a_request_is_named_by_itself_and_its_signer() -> None:
    request = CertificateSigningRequest(
        Metadata(name="csr-1"), CertificateSigningRequestSpec("example.com/a")
    )

    assert certificatesigningrequests.identity == ("certificatesigningrequest", "signer_name")
    assert certificatesigningrequests.identity_of(request) == ("csr-1", "example.com/a")


def test_an_approved_request_whose_certificate_was_issued() -> None:
    request = {
        "metadata": {
            "name": "csr-1",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "annotations": {"team": "x"},
        },
        "spec": {"signerName": "example.com/a", "request": "LS0t", "usages": ["client auth"]},
        "status": {
            "conditions": [{"type": "Approved", "status": "True"}],
            "certificate": b64encode(b"x" * 497).decode(),
        },
    }

    assert every_series(certificatesigningrequests, request) == {
        "kube_certificatesigningrequest_annotations": ['{annotation_team="x"} 1'],
        "kube_certificatesigningrequest_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_certificatesigningrequest_created": ["{} 7"],
        "kube_certificatesigningrequest_condition": [
            '{condition="approved"} 1',
            '{condition="denied"} 0',
            '{condition="failed"} 0',
        ],
        "kube_certificatesigningrequest_cert_length": ["{} 497"],
    }


def test_conditions_are_counted() -> None:
    assert conditions("Denied") == [
        '{condition="approved"} 0',
        '{condition="denied"} 1',
        '{condition="failed"} 0',
    ]
    assert conditions("Approved", "Failed", "Approved", "example.com/Odd") == [
        '{condition="approved"} 2',
        '{condition="denied"} 0',
        '{condition="failed"} 1',
    ]
    assert conditions() == [
        '{condition="approved"} 0',
        '{condition="denied"} 0',
        '{condition="failed"} 0',
    ]


def test_a_certificate_is_as_long_as_its_bytes_not_as_its_base64() -> None:
    assert length("YQ==") == ["{} 1"]
    assert length("YWJj") == ["{} 3"]


def test_before_it_is_issued_a_certificate_has_no_length() -> None:
    assert length("") == ["{} 0"]
    assert length(None) == ["{} 0"]


def test_a_certificate_that_is_not_base64_makes_the_object_undecodable() -> None:
    with pytest.raises(Undecodable):
        Decoder(CertificateSigningRequest).decode(b'{"status": {"certificate": "%"}}')
