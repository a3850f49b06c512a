"""What a source of clusters says, and what it has to be able to do."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from exporter.kubernetes.server import Server


@dataclass(frozen=True)
class Cluster:
    """
    An API server with a name. `source` says where it was found, for people to read; `digest`
    changes whenever anything about how to reach it does, and is what two of them are compared by.
    """

    name: str
    provider: str
    source: str
    server: Server = field(compare=False)
    digest: str
    labels: Mapping[str, str] = field(default_factory=dict)


Snapshot = tuple[Cluster, ...]
"""All clusters that a provider knows; one that is not in it has gone."""


class Provider(Protocol):
    """A source of clusters."""

    name: str

    def first(self) -> Snapshot:
        """
        What there is now, without waiting for anything to change. May block: called in a thread.

        Raises:
            KubernetesError: what the user configured cannot be used.
        """
        ...

    def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """
        Yield all clusters: once at the start, then after each change, for ever.

        A snapshot is complete. A provider that cannot give a complete one counts that in
        `exporter.telemetry` and yields nothing, and the last one stays in force.

        Raises:
            KubernetesError: at the start only, as `first`.
        """
        ...
