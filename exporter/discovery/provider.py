"""What a source of clusters says, and what it has to be able to do."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from exporter.kubernetes.server import Server

RefusalCondition = Literal["refused-by-policy", "unauthorized", "name-conflict"]


@dataclass(frozen=True)
class Way:
    """How an API server is reached; `digest` changes whenever anything about that does."""

    server: Server
    digest: str


@dataclass(frozen=True)
class Refusal:
    """Why a cluster that was found is not read. `message` is one line for people."""

    condition: RefusalCondition
    reason: str
    message: str


@dataclass(frozen=True)
class Cluster:
    """
    An API server with a name. `source` says where it was found, for people to read; `digest`
    changes whenever anything about how to reach it does, and is what two of them are compared by.

    `server` is None where there is a `refusal`. `uid` is whom the user expects there, if he says.
    `virtual` clusters run inside of another one and would be counted twice with it; `hibernated`
    ones were put to sleep and are no outage.
    """

    name: str
    provider: str
    source: str
    server: Server | None = field(compare=False)
    digest: str
    labels: Mapping[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    uid: str = ""
    maintenance: bool = False
    virtual: bool = False
    hibernated: bool = False


Snapshot = tuple[Cluster, ...]
"""All clusters that a provider knows; one that is not in it has gone."""


class Provider(Protocol):
    """A source of clusters. `name` is the provider's in the settings."""

    name: str

    def check(self) -> None:
        """
        Look at what the user configured. May block: called in a thread.

        Raises:
            KubernetesError: it cannot be used.
        """
        ...

    def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """
        Yield all clusters: once they are known, then after each change, for ever.

        A snapshot is complete. A provider that cannot give a complete one counts that in
        `exporter.telemetry` and yields nothing, and the last one stays in force.

        Raises:
            KubernetesError: at the start only, as `check`.
        """
        ...
