"""The versions of a cluster's kubelets, for the skew between them and the API server."""

from __future__ import annotations

from exporter.kinds.node import Node
from exporter.kubernetes.objects import Key
from exporter.kubernetes.version import Version


class Kubelets:
    """The minor version of every node's kubelet."""

    def __init__(self) -> None:
        self._minors: dict[Key, int] = {}
        self._listed: dict[Key, int] = {}

    @property
    def oldest(self) -> int | None:
        """The lowest minor version; None without nodes."""
        return min(self._minors.values(), default=None)

    @property
    def newest(self) -> int | None:
        """The highest minor version; None without nodes."""
        return max(self._minors.values(), default=None)

    def begin_list(self) -> None:
        """A list begins."""
        self._listed = {}

    def list_object(self, node: Node) -> None:
        """A node of the list that has begun."""
        _note(self._listed, ("", node.metadata.name), node)

    def end_list(self) -> None:
        """The list is whole."""
        self._minors, self._listed = self._listed, {}

    def put(self, key: Key, node: Node) -> None:
        """A node is new or has changed."""
        _note(self._minors, key, node)

    def remove(self, key: Key) -> None:
        """A node has gone."""
        self._minors.pop(key, None)


def _note(minors: dict[Key, int], key: Key, node: Node) -> None:
    minor = Version(git_version=node.status.node_info.kubelet_version).minor
    if minor is None:
        minors.pop(key, None)
    else:
        minors[key] = minor
