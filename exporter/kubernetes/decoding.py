"""
JSON as an API server sends it → typed structs, one object at a time.

Go writes ``null`` for an absent slice, map or pointer, and reads it back as if the field were not
there. msgspec is strict about it, so an object that does not decode is decoded once more without
its nulls; only such objects pay for that.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding hostile bytes can raise; ValidationError and DecodeError are MsgspecErrors."""


class Undecodable(Exception):
    """This object cannot be read as what it should be. Says which field, never its content."""


class Decoder(Generic[T]):
    """Decodes objects of one type; nulls count as absent, as they do for Go."""

    def __init__(self, type_: type[T]) -> None:
        self._type = type_
        self._typed = msgspec.json.Decoder(type_)

    def decode(self, text: bytes | msgspec.Raw) -> T:
        """
        Raises:
            Undecodable: not JSON, or a field of another type than Kubernetes gives it.
        """
        try:
            return self._typed.decode(text)
        except msgspec.ValidationError:
            return self._decode_without_nulls(text)
        except DECODE_ERRORS as error:
            raise Undecodable(str(error)) from None

    def _decode_without_nulls(self, text: bytes | msgspec.Raw) -> T:
        try:
            return msgspec.convert(_without_nulls(msgspec.json.decode(text)), self._type)
        except DECODE_ERRORS as error:
            raise Undecodable(str(error)) from None


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_nulls(item) for key, item in value.items() if item is not None}

        case list():
            return [_without_nulls(item) for item in value if item is not None]

        case _:
            return value
