from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition.segment import Draft, Part, deflate
from exporter.families.writer import identity_text
from exporter.promql.matcher import NAME, Matcher, Operator
from exporter.promql.selectors import Selectors
from exporter.promql.sieve import Sieve
from tests.exposition.whole import text_of

Labels = Mapping[str, str]

POD = Selectors(((Matcher("pod", "=", "a"),),))


def line(labels: Labels) -> str:
    """A series as the stores have it; its name is always ``x``."""
    return f"x{{{identity_text(tuple(labels), tuple(labels.values()))}}} 1\n"


def sifted(selectors: Selectors, *parts: Part) -> str:
    return text_of(part for part in Sieve(selectors).parts(parts) if part)


def pods(names: Iterable[str]) -> bytes:
    return "".join(line({"cluster": "eu", "pod": name}) for name in names).encode()


values = st.sampled_from((",a=", "x{a=", ",ba=", "a=", "a", "x")) | st.text(
    st.sampled_from('ab"\\\n,={}é\u2028\x0b '), max_size=6
)
operators: st.SearchStrategy[Operator] = st.sampled_from(("=", "!=", "=~", "!~"))
matchers = st.one_of(
    st.builds(
        Matcher, st.sampled_from(("a", "ba", "none", NAME)), st.sampled_from(("=", "!=")), values
    ),
    st.builds(
        Matcher,
        st.sampled_from(("a", "ba", "none", NAME)),
        operators,
        st.sampled_from(("", "a", "x", ".*", "a+", ".*=", ",ba?=", '.*".*', r"(?s).*[\n\\].*")),
    ),
)
selectors = st.builds(
    Selectors, st.lists(st.lists(matchers, max_size=3).map(tuple), max_size=3).map(tuple)
)
series = st.lists(st.fixed_dictionaries({"c": values, "a": values, "ba": values}), max_size=5)


@given(selectors, series, st.booleans())
def test_the_lines_that_are_left_are_those_that_fit(
    wanted: Selectors, found: list[Labels], is_draft: bool
) -> None:
    lines = [line(labels) for labels in found]
    part: Part = (
        Draft([one.encode() for one in lines]) if is_draft else deflate("".join(lines).encode())
    )
    fitting = [
        written
        for written, labels in zip(lines, found, strict=True)
        if any(
            all(one.matches({**labels, NAME: "x"}.get(one.label, "")) for one in selector)
            for selector in wanted.alternatives
        )
    ]

    assert sifted(wanted, part) == "".join(fitting)


@pytest.mark.parametrize("value", ["a", 'a"', "a\\", "a\nb", "", ",pod=", '",pod="a'])
def test_a_value_is_found_however_it_has_to_be_written(value: str) -> None:
    wanted = Selectors(((Matcher("pod", "=", value),),))
    others = ["other", value + "x", "x" + value]

    assert sifted(wanted, deflate(pods([*others, value]))) == pods([value]).decode()


@pytest.mark.parametrize(("expression", "fits"), [("web", True), (".*=.*", False), (".+", True)])
def test_a_value_that_looks_like_a_label_is_none(expression: str, fits: bool) -> None:
    written = line({"a": ",pod=", "exported_pod": "x=", "pod": "web"})
    wanted = Selectors(((Matcher("pod", "=~", expression),),))

    assert sifted(wanted, deflate(written.encode())) == (written if fits else "")
    assert sifted(wanted, deflate(line({"a": ",pod=", "b": "web"}).encode())) == ""


@pytest.mark.parametrize("labels", [{"a": "pod=", "pod": "web"}, {"pod": "web", "a": '"'}])
def test_a_value_is_found_beside_those_that_look_odd(labels: Labels) -> None:
    wanted = Selectors(((Matcher("pod", "=~", "w.b"),),))

    assert sifted(wanted, deflate(line(labels).encode())) == line(labels)


@pytest.mark.parametrize("value", ['we"b', "we\\b", "we\nb"])
def test_an_expression_is_asked_for_the_value_itself(value: str) -> None:
    wanted = Selectors(((Matcher("pod", "=~", "we.b"),),))

    assert sifted(wanted, deflate(pods([value]))) == pods([value]).decode()


def test_a_part_all_of_which_is_chosen_stays_as_it_is() -> None:
    part = deflate(pods(["a", "a"]))

    assert [one for one in Sieve(POD).parts([part]) if one] == [part]


def test_the_lines_of_a_part_that_cannot_have_one_are_not_looked_at() -> None:
    """Nor is it waited for them: the one empty part is that of the whole."""
    part = deflate(pods(map(str, range(1000))))

    assert list(Sieve(POD).parts([part])) == [b""]


def test_a_large_part_is_gone_through_in_pieces() -> None:
    parts = list(Sieve(POD).parts([deflate(pods(["a", *map(str, range(1000))]))]))

    assert len(parts) > 10
    assert text_of(part for part in parts if part) == pods(["a"]).decode()
