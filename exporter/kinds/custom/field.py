"""
A field of a YAML document: its value as one type or another, and its path for whoever erred there.

kube-state-metrics reads such documents with Go's yaml.v3, and so do we: a text is any scalar just
as it is written, a null is what is not there, unknown fields are nobody's business, and a key that
stands twice is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

_MERGE = "tag:yaml.org,2002:merge"
_NULL = "tag:yaml.org,2002:null"
_INT = "tag:yaml.org,2002:int"

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")

_YES = frozenset({"true", "y", "yes", "on"})
_NO = frozenset({"false", "n", "no", "off"})

_Pair = tuple[str, yaml.Node]


class Field:
    """What stands at `path`; `node` is None where nothing does."""

    def __init__(self, path: str, node: yaml.Node | None) -> None:
        self.path = path
        self._node = None if node is not None and node.tag == _NULL else node

    @property
    def given(self) -> bool:
        """Whether there is a value."""
        return self._node is not None

    def refused(self, why: str) -> ValueError:
        """An error that says where."""
        return ValueError(f"{self.path}: {why}" if self.path else why)

    def __getitem__(self, name: str) -> Field:
        """
        A field of this map, with or without a value.

        Raises:
            ValueError: this is no map.
        """
        return self.entries().get(name) or Field(self._path_of(name), None)

    def entries(self) -> dict[str, Field]:
        """
        The fields of a map; none of what is not there.

        Raises:
            ValueError: this is no map, or a key stands twice.
        """
        if self._node is None:
            return {}

        if not isinstance(self._node, yaml.MappingNode):
            raise self.refused("expected a map")

        return {key: Field(self._path_of(key), value) for key, value in self._pairs(self._node)}

    def _path_of(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _pairs(self, node: yaml.MappingNode) -> Iterator[_Pair]:
        """Merged maps first, so that a later pair of the same key is the one that counts."""
        own: dict[str, yaml.Node] = {}
        merged: list[yaml.Node] = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.refused("a key is no text")

            if key.tag == _MERGE:
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif key.value in own:
                raise self.refused(f"{key.value!r} stands there twice")
            else:
                own[key.value] = value

        for one in reversed(merged):
            if not isinstance(one, yaml.MappingNode):
                raise self.refused("only maps can be merged")

            yield from self._pairs(one)

        yield from own.items()

    def items(self) -> list[Field]:
        """
        The items of a list but for its nulls.

        Raises:
            ValueError: this is no list.
        """
        if self._node is None:
            return []

        if not isinstance(self._node, yaml.SequenceNode):
            raise self.refused("expected a list")

        found = (Field(f"{self.path}[{at}]", node) for at, node in enumerate(self._node.value))
        return [one for one in found if one.given]

    def text(self) -> str:
        """
        A scalar as it is written; empty if it is not there.

        Raises:
            ValueError: this is a list or a map.
        """
        if self._node is None:
            return ""

        if not isinstance(self._node, yaml.ScalarNode):
            raise self.refused("expected a text")

        return str(self._node.value)

    def texts(self) -> tuple[str, ...]:
        """
        Raises:
            ValueError: this is no list of texts.
        """
        return tuple(one.text() for one in self.items())

    def flag(self) -> bool:
        """
        False if it is not there.

        Raises:
            ValueError: this is neither true nor false.
        """
        if self._node is None:
            return False

        word = self.text().lower()
        if word not in _YES | _NO:
            raise self.refused("expected true or false")

        return word in _YES

    def integer(self) -> int:
        """
        0 if it is not there.

        Raises:
            ValueError: this is no integer.
        """
        if self._node is None:
            return 0

        text = self.text()
        if self._node.tag != _INT or not _INTEGER.fullmatch(text):
            raise self.refused("expected an integer")

        return int(text)


def root(text: str) -> Field:
    """
    The first document of a YAML or JSON text.

    Raises:
        ValueError: neither; or there is no document.
    """
    if text.lstrip().startswith("{"):
        text = text.replace("\t", " ")  # PyYAML refuses tabs, with which JSON may be indented

    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_node() if loader.check_node() else None
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())}") from error

    if node is None:
        raise ValueError("no document, expected one of kind CustomResourceStateMetrics")

    return Field("", node)
