"""A provider as it stands in the settings; its docstring is its manual."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from exporter.discovery.provider import Provider, Way
from exporter.discovery.source_health import SourceHealth
from exporter.kubernetes.clouds.cloud import CloudName
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.in_cluster import in_cluster_server, is_in_cluster
from exporter.kubernetes.kubeconfig import default_paths, load
from exporter.kubernetes.trust import Allow

LONGEST_VALUE = 256
"""Characters of a label's value; annotations may hold whole documents, which no series should."""

Mark = Literal["maintenance", "virtual", "hibernated"]
"""The fields of `Marks`."""

_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
_TAKEN = frozenset({"uid", "provider", "platform"})
"""Labels of `kube_fleet_cluster_info` that are found out otherwise."""

_SECRETIVE = "kubectl.kubernetes.io/"
"""Annotations of kubectl: last-applied-configuration holds the object, a Secret's data too."""


class Declared(Struct, frozen=True, forbid_unknown_fields=True, tag_field="provider", kw_only=True):
    """A provider as it is declared; `provider` in the settings says which one."""

    @property
    def provider_name(self) -> str:
        """The provider's name in the settings."""
        return str(self.__struct_config__.tag)

    def provider(self, health: SourceHealth) -> Provider:
        """What does as is declared here."""
        raise NotImplementedError


class Allowed(Struct, frozen=True, forbid_unknown_fields=True):
    """What kubeconfigs and addresses that were found may do; all refused by default."""

    exec: tuple[str, ...] = ()
    local_addresses: bool = False
    insecure_tls: bool = False
    file_paths: bool = False
    proxy: bool = False
    native: tuple[CloudName, ...] = ()

    def allow(self) -> Allow:
        """The same, as the kubernetes package knows it."""
        return Allow(
            frozenset(self.exec),
            self.local_addresses,
            self.insecure_tls,
            self.file_paths,
            self.proxy,
            frozenset(self.native),
        )


class Marks(Struct, frozen=True, forbid_unknown_fields=True):
    """
    Which label, or annotation, of a source marks a cluster. It does with any value but `false`, an
    empty one included.
    """

    maintenance: str = ""
    virtual: str = ""
    hibernated: str = ""


class Labelled(Declared, frozen=True, kw_only=True):
    """
    What every provider takes whose sources have labels. `labels` maps a label of
    `kube_fleet_cluster_info` to the label, or annotation, of the source that its value comes from:
    `labels: {region: topology.kubernetes.io/region}`. `marks` names those that mark a cluster:
    `marks: {maintenance: example.com/maintenance}`. `allow` is what may be done with what is found.
    """

    labels: dict[str, str] = {}
    marks: Marks = Marks()
    allow: Allowed = Allowed()

    def __post_init__(self) -> None:
        """
        Raises:
            ValueError: a label that no series can have, or that is taken.
        """
        for label, key in self.labels.items():
            check_label(label)
            if key.startswith(_SECRETIVE):
                raise ValueError(f"labels: {key!r} may hold secrets, and may not be shown")

    def mapped(self, *sources: Mapping[str, str]) -> dict[str, str]:
        """
        The labels that the mapping makes of `sources`, of which the first that has a key counts.

        What none of them has is left out, and so is a value too long for a label.
        """
        values = {label: _first(key, sources) or "" for label, key in self.labels.items()}
        return {label: text for label, text in values.items() if 0 < len(text) <= LONGEST_VALUE}

    def marked(self, mark: Mark, *sources: Mapping[str, str]) -> bool:
        """Whether a mark is set by `sources`, of which the first that has its key counts."""
        key: str = getattr(self.marks, mark)
        value = _first(key, sources) if key else None
        return value is not None and value.lower() != "false"


def check_label(label: str) -> None:
    """
    Raises:
        ValueError: `kube_fleet_cluster_info` cannot have that label, or has it anyway.
    """
    if not _LABEL.fullmatch(label):
        raise ValueError(f"labels: {label!r} is not a label name")

    if label in _TAKEN:
        raise ValueError(f"labels: {label!r} is a label that clusters have anyway")


def _first(key: str, sources: Sequence[Mapping[str, str]]) -> str | None:
    return next((source[key] for source in sources if key in source), None)


class FromHub(Labelled, frozen=True, kw_only=True):
    """
    What every provider that reads a hub takes besides: a `kubeconfig` with a `context` for the hub,
    by default the cluster around the pod or else the default kubeconfig.
    """

    kubeconfig: str = ""
    context: str = ""

    def hub(self) -> Way:
        """See `hub_way`."""
        return hub_way(self.kubeconfig, self.context)


def hub_way(kubeconfig: str, context: str) -> Way:
    """
    The way to a hub: by a kubeconfig's context, or else the cluster around the pod. May block.

    Raises:
        KubernetesError: there is none.
    """
    if not kubeconfig and not context and is_in_cluster():
        return Way(in_cluster_server(), digest="")

    paths = (Path(kubeconfig),) if kubeconfig else default_paths()
    loaded = load(paths)
    chosen = context or loaded.current_context
    if chosen is None and len(loaded.contexts) == 1:
        (chosen,) = loaded.contexts

    if chosen is None:
        names = ", ".join(map(str, paths))
        raise KubeconfigError(f"{names}: current-context: is missing; name the hub's `context`")

    return Way(loaded.server(chosen), loaded.digest(chosen))
