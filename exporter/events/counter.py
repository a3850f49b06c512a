"""
Counting events: how often each sort of thing happened since we began to look.

An Event object stands for a series of occurrences; ``count`` (or ``series.count``) grows while it
goes on. What counts is the growth. What a list brings, the first or a later one, happened at a time
unknown and is only remembered: else every restart would look like a storm.
"""

from __future__ import annotations

from exporter.kubernetes.objects import ApiObject, Key, Metadata

LARGEST = 5000
"""Series a cluster; past that, what is new is counted under reason ``other``."""

TYPES = ("Normal", "Warning")
"""The types that Kubernetes has; an API server also keeps others, if a client writes them."""

Sort = tuple[str, str, str, str, str]
"""namespace, kind, type, reason, reporting component"""


class Regarding(ApiObject, frozen=True):
    """The object that an event is about."""

    kind: str = ""
    namespace: str = ""


class EventSource(ApiObject, frozen=True):
    """Who reported, in the old API."""

    component: str = ""


class EventSeries(ApiObject, frozen=True):
    """How often, in the new API; only from the second time on."""

    count: int = 0


class Event(ApiObject, frozen=True):
    """
    An event of events.k8s.io/v1 or of v1: the same objects, whose fields have other names.

    https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
    """

    metadata: Metadata = Metadata()
    type: str = ""
    reason: str = ""
    regarding: Regarding | None = None
    involved_object: Regarding | None = None
    series: EventSeries | None = None
    count: int | None = None
    deprecated_count: int | None = None
    reporting_controller: str | None = None
    reporting_component: str | None = None
    source: EventSource | None = None
    deprecated_source: EventSource | None = None

    @property
    def occurrences(self) -> int:
        """How often it has happened so far; at least once, or there would be no event."""
        in_series = self.series.count if self.series else 0
        return max(in_series, self.count or 0, self.deprecated_count or 0, 1)

    @property
    def sort(self) -> Sort:
        """What it is counted as."""
        about = self.regarding or self.involved_object or Regarding()
        source = self.deprecated_source or self.source or EventSource()
        reporter = self.reporting_controller or self.reporting_component or source.component
        namespace = about.namespace or self.metadata.namespace
        return namespace, about.kind, self.type, self.reason, reporter


class EventCounter:
    """Occurrences by sort in one cluster. Counters never go down while the process lives."""

    def __init__(self) -> None:
        self.counts: dict[Sort, int] = {}
        self._known: dict[Key, tuple[str, int]] = {}
        self._listed: dict[Key, tuple[str, int]] = {}

    @property
    def objects(self) -> int:
        """How many Event objects there are now."""
        return len(self._known)

    def begin_list(self) -> None:
        """A list begins."""
        self._listed = {}

    def list_object(self, event: Event) -> None:
        """Remember how often it has happened; nothing is counted."""
        metadata = event.metadata
        self._listed[metadata.namespace, metadata.name] = (metadata.uid, event.occurrences)

    def end_list(self) -> None:
        """The list is whole."""
        self._known, self._listed = self._listed, {}

    def put(self, key: Key, event: Event) -> None:
        """Count what is new about it."""
        occurrences = event.occurrences
        uid, before = self._known.get(key, ("", 0))
        if uid != event.metadata.uid:
            before = 0

        self._known[key] = (event.metadata.uid, occurrences)
        if occurrences > before:
            self._count(event.sort, occurrences - before)

    def remove(self, key: Key) -> None:
        """Events expire after an hour; their counts stay."""
        self._known.pop(key, None)

    def _count(self, sort: Sort, times: int) -> None:
        if sort not in self.counts and len(self.counts) >= LARGEST:
            sort = ("", "", sort[2] if sort[2] in TYPES else "", "other", "")

        self.counts[sort] = self.counts.get(sort, 0) + times
