"""The kinds a simulated API server knows from the start; custom resources are added beside them."""

from __future__ import annotations

from typing import NamedTuple

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class Kind(NamedTuple):
    """One kind of object under one API version."""

    group: str
    """Empty for the core group."""
    version: str
    resource: str
    """Plural and lower case, as in URLs."""
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    custom: bool = False
    """Custom resources carry `apiVersion` and `kind` in list items; built-in kinds do not."""
    verbs: tuple[str, ...] = ALL_VERBS

    @property
    def group_version(self) -> str:
        """`v1` or `apps/v1`: an object's `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path_resource(self) -> str:
        """`pods` or `apps/v1/deployments`: what the simulation calls this kind."""
        return f"{self.group_version}/{self.resource}" if self.group else self.resource

    @property
    def qualified_resource(self) -> str:
        """`pods` or `deployments.apps`: what Status messages call this kind."""
        return f"{self.resource}.{self.group}" if self.group else self.resource


_ADMISSION = "admissionregistration.k8s.io"
_RBAC = "rbac.authorization.k8s.io"
_STORAGE = "storage.k8s.io"
_NETWORKING = "networking.k8s.io"

_BUILT_IN = (
    Kind("", "v1", "componentstatuses", "ComponentStatus", False, ("cs",), verbs=("get", "list")),
    Kind("", "v1", "configmaps", "ConfigMap", True, ("cm",)),
    Kind("", "v1", "endpoints", "Endpoints", True, ("ep",)),
    Kind("", "v1", "events", "Event", True, ("ev",)),
    Kind("", "v1", "limitranges", "LimitRange", True, ("limits",)),
    Kind("", "v1", "namespaces", "Namespace", False, ("ns",)),
    Kind("", "v1", "nodes", "Node", False, ("no",)),
    Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", True, ("pvc",)),
    Kind("", "v1", "persistentvolumes", "PersistentVolume", False, ("pv",)),
    Kind("", "v1", "pods", "Pod", True, ("po",)),
    Kind("", "v1", "podtemplates", "PodTemplate"),
    Kind("", "v1", "replicationcontrollers", "ReplicationController", True, ("rc",)),
    Kind("", "v1", "resourcequotas", "ResourceQuota", True, ("quota",)),
    Kind("", "v1", "secrets", "Secret"),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",)),
    Kind("", "v1", "services", "Service", True, ("svc",)),
    Kind(_ADMISSION, "v1", "mutatingadmissionpolicies", "MutatingAdmissionPolicy", False),
    Kind(
        _ADMISSION, "v1", "mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding", False
    ),
    Kind(_ADMISSION, "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", False),
    Kind(_ADMISSION, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", False),
    Kind(
        _ADMISSION,
        "v1",
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
        False,
    ),
    Kind(
        _ADMISSION, "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", False
    ),
    Kind(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        False,
        ("crd", "crds"),
    ),
    Kind("apiregistration.k8s.io", "v1", "apiservices", "APIService", False),
    Kind("apps", "v1", "controllerrevisions", "ControllerRevision"),
    Kind("apps", "v1", "daemonsets", "DaemonSet", True, ("ds",)),
    Kind("apps", "v1", "deployments", "Deployment", True, ("deploy",)),
    Kind("apps", "v1", "replicasets", "ReplicaSet", True, ("rs",)),
    Kind("apps", "v1", "statefulsets", "StatefulSet", True, ("sts",)),
    Kind(
        "authorization.k8s.io",
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        False,
        verbs=("create",),
    ),
    Kind(
        "authorization.k8s.io",
        "v1",
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
        False,
        verbs=("create",),
    ),
    Kind(
        "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, ("hpa",)
    ),
    Kind("batch", "v1", "cronjobs", "CronJob", True, ("cj",)),
    Kind("batch", "v1", "jobs", "Job"),
    Kind(
        "certificates.k8s.io",
        "v1",
        "certificatesigningrequests",
        "CertificateSigningRequest",
        False,
        ("csr",),
    ),
    Kind("coordination.k8s.io", "v1", "leases", "Lease"),
    Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
    Kind("events.k8s.io", "v1", "events", "Event", True, ("ev",)),
    Kind(_NETWORKING, "v1", "ingressclasses", "IngressClass", False),
    Kind(_NETWORKING, "v1", "ingresses", "Ingress", True, ("ing",)),
    Kind(_NETWORKING, "v1", "networkpolicies", "NetworkPolicy", True, ("netpol",)),
    Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ("pdb",)),
    Kind(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    Kind(_RBAC, "v1", "clusterroles", "ClusterRole", False),
    Kind(_RBAC, "v1", "rolebindings", "RoleBinding"),
    Kind(_RBAC, "v1", "roles", "Role"),
    Kind("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", False, ("pc",)),
    Kind(_STORAGE, "v1", "csidrivers", "CSIDriver", False),
    Kind(_STORAGE, "v1", "csinodes", "CSINode", False),
    Kind(_STORAGE, "v1", "storageclasses", "StorageClass", False, ("sc",)),
    Kind(_STORAGE, "v1", "volumeattachments", "VolumeAttachment", False),
)

KINDS: dict[str, Kind] = {kind.path_resource: kind for kind in _BUILT_IN}
"""Every built-in kind by the name the simulation gives it: `pods`, `apps/v1/deployments`."""
