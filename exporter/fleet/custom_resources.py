"""
The custom resources of one cluster: followed as long as a definition of them is there.

Definitions come and go while a cluster lives. One that is new is picked up when the API server has
established it; one that goes takes its series along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from exporter.families.kind import Kind
from exporter.kinds.custom.document import Document
from exporter.kinds.custom.kind import ServedKind, custom_kinds
from exporter.kinds.custom.object import CustomObject
from exporter.kubernetes.objects import ApiObject, Condition, Key, Metadata

API_VERSION = "apiextensions.k8s.io/v1"
PLURAL = "customresourcedefinitions"

Start = Callable[[Kind[CustomObject]], Callable[[], None]]
"""Begins to follow a kind; what it returns ends that."""


class Names(ApiObject, frozen=True):
    """What a custom resource is called."""

    kind: str = ""
    plural: str = ""


class Version(ApiObject, frozen=True):
    """One version of a custom resource."""

    name: str = ""
    served: bool = False


class Spec(ApiObject, frozen=True):
    """What is defined."""

    group: str = ""
    names: Names = Names()
    scope: str = ""
    versions: tuple[Version, ...] = ()


class Status(ApiObject, frozen=True):
    """How the API server took it."""

    conditions: tuple[Condition, ...] = ()


class Definition(ApiObject, frozen=True):
    """https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/"""

    metadata: Metadata = Metadata()
    spec: Spec = Spec()
    status: Status = Status()

    def served(self) -> Iterator[ServedKind]:
        """The kinds that it makes the API server serve; none until it is established."""
        established = any(
            one.type == "Established" and one.status == "True" for one in self.status.conditions
        )
        for version in self.spec.versions if established else ():
            if version.served:
                yield ServedKind(
                    self.spec.group,
                    version.name,
                    self.spec.names.kind,
                    self.spec.names.plural,
                    self.spec.scope == "Namespaced",
                )


class CustomResources:
    """Told of definitions; starts and ends the kinds that `document` shows of them."""

    def __init__(self, document: Document, start: Start) -> None:
        self._document = document
        self._start = start
        self._known: dict[Key, Definition] = {}
        self._listed: dict[Key, Definition] = {}
        self._running: dict[ServedName, Callable[[], None]] = {}

    def begin_list(self) -> None:
        """A list begins."""
        self._listed = {}

    def list_object(self, definition: Definition) -> None:
        """A definition of the list that has begun."""
        self._listed["", definition.metadata.name] = definition

    def end_list(self) -> None:
        """The list is whole."""
        self._known, self._listed = self._listed, {}
        self._change()

    def put(self, key: Key, definition: Definition) -> None:
        """A definition is new or has changed."""
        self._known[key] = definition
        self._change()

    def remove(self, key: Key) -> None:
        """A definition has gone."""
        self._known.pop(key, None)
        self._change()

    def _change(self) -> None:
        served = [kind for one in self._known.values() for kind in one.served()]
        wanted = {_name(kind): kind for kind in custom_kinds(self._document, served)}
        for name in self._running.keys() - wanted.keys():
            self._running.pop(name)()

        for name in wanted.keys() - self._running.keys():
            self._running[name] = self._start(wanted[name])


ServedName = tuple[str, str, bool]
"""apiVersion, plural, and whether it is namespaced."""


def _name(kind: Kind[CustomObject]) -> ServedName:
    return kind.api_version, kind.resource, kind.namespaced
