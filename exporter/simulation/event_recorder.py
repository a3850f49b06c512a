"""Events as controllers and kubelets write them: one object for each thing that repeats."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any, Literal, NamedTuple

from exporter.simulation.api_server import ApiServer
from exporter.simulation.events import CORE
from exporter.simulation.kinds import KINDS
from exporter.simulation.moments import micro_moment, moment

EventType = Literal["Normal", "Warning"]


class Reporter(NamedTuple):
    """Who writes an event, and by which of the two APIs."""

    component: str
    host: str = ""
    by_series: bool = False
    """events.k8s.io/v1: `eventTime` and `series`. Otherwise core: `count` and two timestamps."""


SCHEDULER = Reporter("default-scheduler", by_series=True)
DEPLOYMENTS = Reporter("deployment-controller")
REPLICA_SETS = Reporter("replicaset-controller")
NODES = Reporter("node-controller")
TAINTS = Reporter("taint-eviction-controller")


def kubelet(node: str) -> Reporter:
    """The kubelet of one node."""
    return Reporter("kubelet", node)


class EventRecorder:
    """
    Writes events to a server.

    An event that repeats raises the count of the first one, as client-go's correlator does. Only
    the last `limit` events are kept; older ones are deleted, as their time to live would do.
    """

    def __init__(self, server: ApiServer, *, limit: int = 300) -> None:
        self._server = server
        self._limit = limit
        self._known: OrderedDict[tuple[str, ...], tuple[str, str]] = OrderedDict()
        self._number = 0

    def record(
        self,
        reporter: Reporter,
        path_resource: str,
        about: dict[str, Any],
        event_type: EventType,
        reason: str,
        message: str,
        at: datetime,
    ) -> None:
        """Something happened to the object `about`, which is of the kind `path_resource`."""
        metadata = about["metadata"]
        identity = (reporter.component, reporter.host, metadata["uid"], reason, message)
        if (key := self._known.get(identity)) is not None:
            self._known.move_to_end(identity)
            self._server.put(CORE, _repeated(self._server.get(CORE, *key), at))
            return
        self._number += 1
        namespace = metadata.get("namespace", "default")
        name = f"{metadata['name']}.{self._number:016x}"
        self._known[identity] = (namespace, name)
        self._server.put(
            CORE,
            {
                "metadata": {
                    "name": name,
                    "namespace": namespace,
                    "creationTimestamp": moment(at),
                },
                "involvedObject": _reference(path_resource, metadata),
                "reason": reason,
                "message": message,
                "type": event_type,
                **_first_seen(reporter, at),
            },
        )
        while len(self._known) > self._limit:
            _, oldest = self._known.popitem(last=False)
            self._server.delete(CORE, *oldest)


def _reference(path_resource: str, metadata: dict[str, Any]) -> dict[str, Any]:
    kind = KINDS[path_resource]
    reference = {
        "kind": kind.kind,
        "namespace": metadata.get("namespace", ""),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "apiVersion": kind.group_version,
        "resourceVersion": metadata["resourceVersion"],
    }
    return {name: value for name, value in reference.items() if value}


def _first_seen(reporter: Reporter, at: datetime) -> dict[str, Any]:
    if reporter.by_series:
        return {
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "eventTime": micro_moment(at),
            "action": "Scheduling",
            "reportingComponent": reporter.component,
            "reportingInstance": f"{reporter.component}-0",
        }
    source = {"component": reporter.component, "host": reporter.host}
    return {
        "source": {name: value for name, value in source.items() if value},
        "firstTimestamp": moment(at),
        "lastTimestamp": moment(at),
        "count": 1,
        "eventTime": None,
        "reportingComponent": reporter.component,
        "reportingInstance": reporter.host,
    }


def _repeated(event: dict[str, Any], at: datetime) -> dict[str, Any]:
    if event["eventTime"] is not None:
        count = event.get("series", {}).get("count", 1) + 1
        return {**event, "series": {"count": count, "lastObservedTime": micro_moment(at)}}
    return {**event, "count": event["count"] + 1, "lastTimestamp": moment(at)}
