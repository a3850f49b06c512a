"""A pod as the exporter reads it; what is not named here never leaves the parser."""

from __future__ import annotations

from msgspec import field

from exporter.kubernetes.objects import ApiObject, Condition, Metadata, Time


class Resources(ApiObject, frozen=True):
    """How much of the compute resources a container asks for, and may use at most."""

    limits: dict[str, str] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)


class Container(ApiObject, frozen=True):
    """A container as it is wanted; init containers too."""

    name: str = ""
    image: str = ""
    resources: Resources = Resources()
    restart_policy: str = ""


class Toleration(ApiObject, frozen=True):
    """A taint that the pod puts up with."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None


class ClaimVolume(ApiObject, frozen=True):
    """A volume that is a persistent volume claim."""

    claim_name: str = ""
    read_only: bool = False


class EphemeralVolume(ApiObject, frozen=True):
    """A volume whose claim is made with the pod and goes with it."""


class Volume(ApiObject, frozen=True):
    """A volume; only those with claims are read."""

    name: str = ""
    persistent_volume_claim: ClaimVolume | None = None
    ephemeral: EphemeralVolume | None = None


class ResourceClaim(ApiObject, frozen=True):
    """A claim for devices, existing or to be made from a template."""

    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class PodSpec(ApiObject, frozen=True):
    """What the pod's author, the scheduler and admission decided."""

    node_name: str = ""
    host_network: bool = False
    priority_class_name: str = ""
    restart_policy: str = ""
    runtime_class_name: str | None = None
    scheduler_name: str = ""
    service_account_name: str = ""
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    node_selector: dict[str, str] = field(default_factory=dict)
    overhead: dict[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    volumes: tuple[Volume, ...] = ()
    resource_claims: tuple[ResourceClaim, ...] = ()


class Waiting(ApiObject, frozen=True):
    """A container that does not run yet, or not again."""

    reason: str = ""


class Running(ApiObject, frozen=True):
    """A container that runs."""

    started_at: Time | None = None


class Terminated(ApiObject, frozen=True):
    """A container that has ended."""

    reason: str = ""
    exit_code: int = 0
    started_at: Time | None = None
    finished_at: Time | None = None


class ContainerState(ApiObject, frozen=True):
    """One of these is set, or none."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(ApiObject, frozen=True):
    """A container as the kubelet sees it."""

    name: str = ""
    image: str = ""
    image_id: str = field(default="", name="imageID")
    container_id: str = field(default="", name="containerID")
    ready: bool = False
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodIP(ApiObject, frozen=True):
    """One of a pod's addresses."""

    ip: str = ""


class ResourceClaimStatus(ApiObject, frozen=True):
    """Which claim was made from a template."""

    name: str = ""
    resource_claim_name: str | None = None


class PodStatus(ApiObject, frozen=True):
    """What the kubelet and the controllers observe."""

    phase: str = ""
    reason: str = ""
    qos_class: str = ""
    host_ip: str = field(default="", name="hostIP")
    pod_ip: str = field(default="", name="podIP")
    pod_ips: tuple[PodIP, ...] = field(default=(), name="podIPs")
    start_time: Time | None = None
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    resource_claim_statuses: tuple[ResourceClaimStatus, ...] = ()


class Pod(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/"""

    metadata: Metadata = Metadata()
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()
