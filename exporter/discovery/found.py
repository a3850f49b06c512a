"""From what was found to a cluster, or to the reason why it is not read."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace

import structlog

from exporter.discovery.hub import Contents, Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Cluster, Refusal, Snapshot, Way
from exporter.kubernetes.errors import KubeconfigError, KubernetesError, RefusedByPolicy
from exporter.kubernetes.kubeconfig import Kubeconfig

log = structlog.get_logger()

LONGEST_NAME = 253
"""Characters of a cluster's name, as of most names in Kubernetes."""


@dataclass(frozen=True)
class Finding:
    """
    Something that stands for a cluster: its name, `origin` as in ``secret fleet/eu-1``, and how to
    come to the way there, which may take a while and raise `KubernetesError`.

    `of` is what it was made of; the same things make the same cluster.
    """

    name: str
    origin: str
    of: tuple[object, ...] = field(repr=False)
    way: Callable[[], Way] = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    uid: str = ""
    maintenance: bool = False
    virtual: bool = False
    hibernated: bool = False

    def cluster(self, provider: str) -> Cluster:
        """What the fleet is told. Not for the event loop: a hostile kubeconfig takes seconds."""
        try:
            return self.reached(provider)
        except KubernetesError as error:
            return self.refused(provider, error)

    def reached(self, provider: str) -> Cluster:
        """A cluster that can be read. Raises `KubernetesError`, and nothing else, if it cannot."""
        try:
            way = self.way()
        except KubernetesError:
            raise
        except Exception as error:  # noqa: BLE001  the boundary of one finding
            # Without the error's own words: it may quote what was found.
            fault = f"{type(error).__name__} at {_place(error)}"
            log.error("a fault of this exporter", found=self.origin, fault=fault)
            raise KubeconfigError(
                f"{self.origin}: cannot be read, by a fault of this exporter; see its log"
            ) from None

        return replace(self._cluster(provider), server=way.server, digest=way.digest)

    def refused(self, provider: str, error: KubernetesError) -> Cluster:
        """A cluster that is not read, and why."""
        if isinstance(error, RefusedByPolicy):
            refusal = Refusal("refused-by-policy", "", str(error))
        else:
            refusal = Refusal("unauthorized", "credentials", str(error))

        return replace(self._cluster(provider), refusal=refusal)

    def _cluster(self, provider: str) -> Cluster:
        return Cluster(
            name=self.name,
            provider=provider,
            source=f"{provider} {self.origin}",
            server=None,
            digest="",
            labels=self.labels,
            uid=self.uid,
            maintenance=self.maintenance,
            virtual=self.virtual,
            hibernated=self.hibernated,
        )


def _place(error: Exception) -> str:
    innermost = traceback.extract_tb(error.__traceback__)[-1]
    return f"{innermost.filename}:{innermost.lineno}"


def way_of(kubeconfig: Kubeconfig, origin: str) -> Way:
    """
    The way that a kubeconfig shows: its current context, or the only one.

    Raises:
        KubeconfigError: there is none, or what it names cannot be used.
        RefusedByPolicy: it was found, and would make us do what is not allowed there.
    """
    context = kubeconfig.current_context
    if context is None and len(kubeconfig.contexts) == 1:
        (context,) = kubeconfig.contexts

    if context is None:
        count = len(kubeconfig.contexts)
        raise KubeconfigError(f"{origin}: current-context: is missing, and contexts are {count}")

    return Way(kubeconfig.server(context), kubeconfig.digest(context))


def usable_name(name: str) -> bool:
    """Whether people and URLs can do with it: what was found may hold anything."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()


class Clusters:
    """The clusters of a provider's findings. What did not change is not made again."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._known: dict[tuple[str, str], tuple[Finding, Cluster]] = {}

    def snapshot(self, findings: Iterable[Finding]) -> Snapshot:
        """All clusters, in the order of the findings. Not for the event loop."""
        known: dict[tuple[str, str], tuple[Finding, Cluster]] = {}
        clusters = []
        for finding in findings:
            place = (finding.origin, finding.name)
            before, cluster = self._known.get(place, (None, None))
            if before is None or cluster is None or before.of != finding.of:
                cluster = finding.cluster(self._provider)

            known.setdefault(place, (finding, cluster))
            clusters.append(cluster)

        self._known = known
        return tuple(clusters)


class HubProvider:
    """The clusters that `find` finds in what a hub says, of the kinds that are `wanted` there."""

    def __init__(
        self,
        name: str,
        hub: Hub,
        wanted: tuple[Wanted, ...],
        find: Callable[[Contents], Iterable[Finding]],
    ) -> None:
        self.name = name
        self._hub = hub
        self.wanted = wanted
        self._find = find

    def check(self) -> None:
        """See `Provider.check`."""
        self._hub.check()

    async def snapshots(self) -> AsyncGenerator[Snapshot, None]:
        """See `Provider.snapshots`."""
        clusters = Clusters(self.name)
        last: Snapshot | None = None
        async with aclosing(self._hub.contents(*self.wanted)) as said:
            async for contents in said:
                snapshot = await asyncio.to_thread(clusters.snapshot, self._find(contents))
                if snapshot != last:
                    yield snapshot

                last = snapshot
