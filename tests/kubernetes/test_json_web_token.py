from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.json_web_token import expiry, issue


def token(claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{payload}.c2lnbmF0dXJl"


@pytest.mark.parametrize("padding", ["", "a", "aa", "aaa", "ÿ?>"])
def test_the_end_is_read_whatever_stands_beside_it(padding: str) -> None:
    ends = expiry(token({"exp": 1800000000, "sub": padding}))

    assert ends == datetime(2027, 1, 15, 8, tzinfo=UTC)


def test_parts_of_a_second_are_allowed() -> None:
    assert expiry(token({"exp": 1.5})) == datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "", "opaque", "a.b", "a.b.c.d", "a.!!!.c", "a.é.c", "..", "a.aGk.c", token([]), token({}),
        token({"exp": None}), token({"exp": "1800000000"}), token({"exp": 1e300}),
        token({"exp": -1e300}), token({"exp": True}),
    ],
)  # fmt: skip
def test_what_does_not_say_has_no_end(text: str) -> None:
    assert expiry(text) is None


@given(st.text() | st.binary().map(lambda raw: f"a.{base64.urlsafe_b64encode(raw).decode()}.c"))
def test_whatever_the_token_is_reading_it_does_not_fail(text: str) -> None:
    assert expiry(text) is None or text.count(".") == 2


def test_a_token_is_valid_from_nbf_on_or_else_from_when_it_was_issued() -> None:
    assert issue(token({"nbf": 2, "iat": 1})) == datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)
    assert issue(token({"iat": 1})) == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert issue(token({"exp": 1})) is None
    assert issue("opaque") is None
