"""
JSON as an API server sends it → typed structs, one object at a time.

Go writes ``null`` for an absent slice, map or pointer, and reads it back as if the field were not
there. msgspec is strict about it, so an object that does not decode is decoded once more without
its nulls; only such objects pay for that. A type that is no struct makes itself of the whole
document, by a class method ``from_json``.
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
    """Decodes objects of one type; nulls of a struct count as absent, as they do for Go."""

    def __init__(self, type_: type[T]) -> None:
        self._type = type_
        self._typed = msgspec.json.Decoder(type_, dec_hook=_from_json)

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

    def decode_strictly(self, text: bytes) -> T:
        """
        For a document of many objects, whose nulls are looked into object by object.

        Raises:
            Undecodable: as of `decode`, or because of a null.
        """
        try:
            return self._typed.decode(text)
        except DECODE_ERRORS as error:
            raise Undecodable(str(error)) from None

    def _decode_without_nulls(self, text: bytes | msgspec.Raw) -> T:
        try:
            value = _without_nulls(msgspec.json.decode(text))
            return msgspec.convert(value, self._type, dec_hook=_from_json)
        except DECODE_ERRORS as error:
            raise Undecodable(str(error)) from None


def converted(value: Any, type_: type[T]) -> T:
    """
    Parsed JSON as a struct; its nulls count as absent.

    Raises:
        msgspec.ValidationError: a field of another type than Kubernetes gives it.
    """
    try:
        return msgspec.convert(value, type_, dec_hook=_from_json)
    except msgspec.ValidationError:
        return msgspec.convert(_without_nulls(value), type_, dec_hook=_from_json)


def _from_json(type_: type[Any], value: Any) -> Any:
    """What msgspec asks for a type that it does not know."""
    return type_.from_json(value)


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_nulls(item) for key, item in value.items() if item is not None}

        case list():
            return [_without_nulls(item) for item in value if item is not None]

        case _:
            return value
