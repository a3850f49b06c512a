"""
Objects out of server-side Tables: their metadata, and chosen columns as fields.

A Table is what ``kubectl get`` prints: the server fills the columns and sends, of each object, only
the metadata. For Secrets that is the one way to learn their type without being sent what they hold.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from exporter.kubernetes.decoding import DECODE_ERRORS, Undecodable

ACCEPT = "application/json;as=Table;g=meta.k8s.io;v=v1"


class _Column(msgspec.Struct):
    name: str = ""


class _Row(msgspec.Struct):
    cells: list[Any] | None = None
    object: msgspec.Raw = msgspec.Raw(b"{}")


class _Table(msgspec.Struct, rename="camel"):
    kind: str | None = None
    column_definitions: list[_Column] | None = None
    rows: list[_Row] | None = None


_table = msgspec.json.Decoder(_Table)


class Tables:
    """
    Reads the Tables of one kind. `columns`: the column's name → the field it becomes.

    Remembers where the columns are: in a watch only the first Table says so.
    """

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._columns = columns
        self._places: dict[str, int] = {}

    def objects(self, text: bytes | msgspec.Raw) -> list[msgspec.Raw]:
        """
        The objects of a Table, as JSON; any other document is one object, itself.

        Raises:
            Undecodable: not JSON, or not a Table although it says so.
        """
        try:
            table = _table.decode(text)
        except DECODE_ERRORS as error:
            raise Undecodable(str(error)) from None

        if table.kind != "Table":
            return [msgspec.Raw(bytes(text))]

        for place, column in enumerate(table.column_definitions or ()):
            if column.name in self._columns:
                self._places[self._columns[column.name]] = place

        return [self._object(row) for row in table.rows or ()]

    def _object(self, row: _Row) -> msgspec.Raw:
        cells = row.cells or []
        fields = {name: cells[place] for name, place in self._places.items() if place < len(cells)}
        opened = bytes(row.object).rstrip().removesuffix(b"}")
        if not fields or opened.strip() in (b"", b"{"):
            return row.object

        return msgspec.Raw(opened + b"," + msgspec.json.encode(fields)[1:])
