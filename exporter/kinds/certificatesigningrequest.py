"""Certificate signing requests: whether they were approved, and what was issued."""

from __future__ import annotations

from exporter.families.any_object import declare_annotations, declare_created, declare_labels
from exporter.families.family import Rows
from exporter.families.kind import Kind
from exporter.kubernetes.objects import ApiObject, Condition, Metadata


class CertificateSigningRequestSpec(ApiObject, frozen=True):
    """What is asked for."""

    signer_name: str = ""


class CertificateSigningRequestStatus(ApiObject, frozen=True):
    """What approvers and the signer made of it. The certificate is base64 in JSON."""

    conditions: tuple[Condition, ...] = ()
    certificate: bytes = b""


class CertificateSigningRequest(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/certificate-signing-request-v1/"""

    metadata: Metadata = Metadata()
    spec: CertificateSigningRequestSpec = CertificateSigningRequestSpec()
    status: CertificateSigningRequestStatus = CertificateSigningRequestStatus()


certificatesigningrequests = Kind(
    CertificateSigningRequest,
    "certificates.k8s.io/v1",
    "certificatesigningrequests",
    singular="certificatesigningrequest",
    identity=("certificatesigningrequest", "signer_name"),
    also={"signer_name": lambda request: request.spec.signer_name},
    namespaced=False,
)

_CONDITIONS = ("Approved", "Denied", "Failed")

declare_annotations(certificatesigningrequests)
declare_labels(certificatesigningrequests, "stable")
declare_created(certificatesigningrequests, "stable")


@certificatesigningrequests.rows("condition", stability="stable")
def kube_certificatesigningrequest_condition(request: CertificateSigningRequest) -> Rows:
    """How many conditions say that the request was approved, denied, or failed to be signed."""
    types = [condition.type for condition in request.status.conditions]
    return [(type_.lower(), types.count(type_)) for type_ in _CONDITIONS]


@certificatesigningrequests.number(stability="stable")
def kube_certificatesigningrequest_cert_length(request: CertificateSigningRequest) -> int:
    """How many bytes the issued certificate has, as PEM; 0 before it is issued."""
    return len(request.status.certificate)
