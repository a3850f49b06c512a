"""The chart's README: what is worth saying, then every value with its comment in values.yaml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_TEXT = Path(__file__).parent / "readme.md"
_KEY = re.compile(r"^( *)([A-Za-z]\w*):")
_INDENT = 2


@dataclass(frozen=True)
class Value:
    """A value that has a comment: its path, its default as JSON, the comment."""

    path: str
    default: str
    about: str


def readme(values: str) -> str:
    """Markdown. `values` is values.yaml."""
    rows = [f"| `{one.path}` | `{one.default}` | {one.about} |" for one in documented(values)]
    table = ["| value | default | |", "| --- | --- | --- |", *rows]
    return _TEXT.read_text(encoding="utf-8") + "\n".join(table) + "\n"


def documented(values: str) -> Iterator[Value]:
    """The values that a comment stands above, in their order."""
    document = yaml.safe_load(values)
    path: list[str] = []
    comment: list[str] = []
    for line in values.splitlines():
        if line.lstrip().startswith("#"):
            comment.append(line.lstrip(" #"))
        elif found := _KEY.match(line):
            path = [*path[: len(found[1]) // _INDENT], found[2]]
            if comment:
                default = json.dumps(_at(document, path), separators=(", ", ": "))
                yield Value(".".join(path), default, " ".join(comment))

            comment = []
        else:
            comment = []


def _at(document: Any, path: list[str]) -> Any:
    for key in path:
        document = document[key]

    return document
