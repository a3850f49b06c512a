import re

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from exporter.promql.matcher import Matcher, Operator


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "fits"),
    [
        ("=", "a", "a", True),
        ("=", "a", "ab", False),
        ("=", "", "", True),
        ("!=", "a", "a", False),
        ("!=", "a", "", True),
        ("=~", "a", "a", True),
        ("=~", "a", "ab", False),
        ("=~", "a", "ba", False),
        ("=~", "a|b", "ab", False),
        ("=~", "", "", True),
        ("=~", "a.b", "a\nb", True),
        ("=~", "(?i)KÖLN", "köln", True),
        ("=~", r"\pL", "ö", True),
        ("=~", "a$", "a\n", False),
        ("!~", "a|b", "b", False),
        ("!~", "a", "ab", True),
    ],
)
def test_a_value_fits_as_it_does_for_prometheus(
    operator: Operator, wanted: str, value: str, fits: bool
) -> None:
    matches = Matcher("label", operator, wanted).matches

    assert [matches(value), matches(value)] == [fits, fits]


@given(st.text(max_size=8), st.text(max_size=8))
def test_a_regular_expression_is_asked_for_the_whole_value(wanted: str, value: str) -> None:
    assert Matcher("label", "=~", re.escape(wanted)).matches(value) == (value == wanted)


@pytest.mark.parametrize("expression", ["(a+)+b", "(a|a)*b", "(.*)*b", "(a?){500}a{500}b"])
def test_an_expression_that_others_take_ages_for_is_answered(expression: str) -> None:
    """The test's timeout is what fails it."""
    matches = Matcher("label", "=~", expression).matches

    assert not any(matches("a" * length) for length in range(1000, 1040))


@pytest.mark.parametrize("expression", ["(", "a**", "(?=a)", r"\8", "x{1001}"])
def test_what_prometheus_does_not_read_is_refused(expression: str) -> None:
    with pytest.raises(re2.error):
        Matcher("label", "=~", expression).matches("")


def test_an_expression_that_takes_too_much_memory_is_refused() -> None:
    with pytest.raises(re2.error, match="too large"):
        Matcher("label", "=~", r"(\pL{0,30}){0,30}").matches("")
