"""Selectors as text; what promql-parser, an implementation of its own, reads is read likewise."""

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.promql.matcher import NAME, Matcher
from exporter.promql.parser import LONGEST, MOST, SelectorError, selectors_of
from exporter.promql.selectors import Selector


def read(text: str) -> Selector:
    (selector,) = selectors_of([text]).alternatives
    return selector


def refused(text: str) -> str:
    with pytest.raises(SelectorError) as error:
        selectors_of([text])

    return str(error.value).removeprefix("match[] 1, ")


UP = Matcher(NAME, "=", "up")


@pytest.mark.parametrize(
    ("text", "matchers"),
    [
        ("up", [UP]),
        ("up{}", [UP]),
        (' up { } # a remark { "', [UP]),
        ("job:up:sum", [Matcher(NAME, "=", "job:up:sum")]),
        ("sum", [Matcher(NAME, "=", "sum")]),
        ("offset", [Matcher(NAME, "=", "offset")]),
        ('{"up"}', [UP]),
        ('{"up", a="b"}', [UP, Matcher("a", "=", "b")]),
        ('{a="b", "up"}', [Matcher("a", "=", "b"), UP]),
        ('{"my label"="x"}', [Matcher("my label", "=", "x")]),
        ('{__name__=~"a|b",}', [Matcher(NAME, "=~", "a|b")]),
        ('{on!="",a!~".*"}', [Matcher("on", "!=", ""), Matcher("a", "!~", ".*")]),
        ('up{a=""}', [UP, Matcher("a", "=", "")]),
        ('{a="b",a!="c"}', [Matcher("a", "=", "b"), Matcher("a", "!=", "c")]),
        ("{a='\"'}", [Matcher("a", "=", '"')]),
        ("{a=`\\n'\"`}", [Matcher("a", "=", "\\n'\"")]),
        (r'{a="\x41\101\u00e9\U0001F600\n\\\""}', [Matcher("a", "=", 'AAé😀\n\\"')]),
        (r'{a="\xc3\xa9"}', [Matcher("a", "=", "é")]),
        ('{\n# where\na="köln"\n}', [Matcher("a", "=", "köln")]),
    ],
)
def test_a_selector_is_read(text: str, matchers: list[Matcher]) -> None:
    assert read(text) == tuple(matchers)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "character 1: a metric's name or { is expected"),
        ("  1", "character 3: a metric's name or { is expected"),
        ("up)", "character 3: the end of the selector is expected"),
        ("up + 1", "character 4: the end of the selector is expected"),
        ("up down", "character 4: the end of the selector is expected"),
        ('{a="b" or c="d"}', "character 8: a comma or } is expected"),
        ("up[5m]", "character 3: ranges, offset and @ are not answered"),
        ("up offset 5m", "character 4: ranges, offset and @ are not answered"),
        ("up @ 1", "character 4: ranges, offset and @ are not answered"),
        ("bool", "character 1: a word of the query language is no metric's name"),
        ("NaN{a='b'}", "character 1: a word of the query language is no metric's name"),
        ("up{", "character 4: a label, a quoted name or } is expected"),
        ("up{,}", "character 4: a label, a quoted name or } is expected"),
        ("up{a}", "character 5: one of = != =~ !~ is expected"),
        ("up{a:b='c'}", "character 5: one of = != =~ !~ is expected"),
        ("up{a==b}", "character 6: a quoted value is expected"),
        ("up{a=b}", "character 6: a quoted value is expected"),
        ("up{a='b}", "character 6: a quoted value is expected"),
        ("up{a='b\n'}", "character 6: a quoted value is expected"),
        ("up{a='b' c='d'}", "character 10: a comma or } is expected"),
        ("up{a='b'", "character 9: a comma or } is expected"),
        ("up{é='b'}", "character 4: a label, a quoted name or } is expected"),
        (r"up{a='b\q'}", "character 8: an escape sequence that Go has is expected"),
        (r"up{a='b\"'}", "character 8: an escape sequence that Go has is expected"),
        (r"up{a='\400'}", "character 7: an octal escape is at most 377"),
        (r"up{a='\ud800'}", "character 7: the escape is not a character of Unicode"),
        (r"up{a='\U00110000'}", "character 7: the escape is not a character of Unicode"),
        (r"up{a='\xff'}", "character 6: the text is not UTF-8"),
        ("up{a=~'(b'}", "character 7: RE2 refuses the expression: missing )"),
        (
            "up{a='b', c=~'b**'}",
            "character 14: RE2 refuses the expression: bad repetition operator",
        ),
        ("up{__name__=~'u.'}", "character 1: the metric's name is given twice"),
        ("up{'down'}", "character 1: the metric's name is given twice"),
        ("{}", "character 1: at least one matcher must not match the empty string"),
        (
            "{a='', b=~'.*', c!='d'}",
            "character 1: at least one matcher must not match the empty string",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, problem: str) -> None:
    assert refused(text) == problem


def test_selectors_are_counted_where_something_is_wrong() -> None:
    with pytest.raises(SelectorError, match=r"^match\[\] 2, character 1: "):
        selectors_of(["up", "", "up"])


def test_there_has_to_be_a_selector() -> None:
    with pytest.raises(SelectorError, match=r"match\[\] is missing"):
        selectors_of([])


def test_there_are_limits() -> None:
    longest = "u" * LONGEST

    assert len(selectors_of([longest] * MOST).alternatives) == MOST
    with pytest.raises(SelectorError, match=f"{MOST} are the most"):
        selectors_of(["up"] * (MOST + 1))

    with pytest.raises(SelectorError, match=f"{LONGEST} are the most"):
        selectors_of([longest + "u"])


words = st.text(st.sampled_from("ab_1:é"), max_size=3)
quoted = st.one_of(
    st.builds(
        lambda quote, text: quote + text + quote,
        st.sampled_from("\"'"),
        st.text(st.sampled_from("ab .*|\\nu0é"), max_size=5),
    ),
    # Without the backslash, which has no meaning there; promql-parser takes it for an escape.
    st.text(st.sampled_from("ab .*|é"), max_size=5).map(lambda text: f"`{text}`"),
)
tokens = st.one_of(words, quoted, st.sampled_from(("{", "}", ",", "=", "=~", "!=", "!~", " ")))
matcher = st.builds(
    "".join, st.tuples(st.sampled_from("abc"), st.sampled_from(("=", "=~", "!=", "!~")), quoted)
)
braces = st.lists(st.one_of(matcher, quoted), max_size=3).map(
    lambda all_: "{" + ",".join(all_) + "}"
)
texts = st.one_of(
    st.lists(tokens, max_size=8).map("".join),
    st.builds("".join, st.tuples(st.sampled_from(("", "up", "a:b")), braces)),
)


OPERATORS = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}


def read_by_promql_parser(text: str) -> set[tuple[str, str, str]]:
    """Label, operator and value of each matcher; none where it is no selector."""
    try:
        found = promql_parser.parse(text)
    except ValueError:
        return set()

    if not isinstance(found, promql_parser.VectorSelector):
        return set()

    matchers = {(one.name, OPERATORS[str(one.op)], one.value) for one in found.matchers.matchers}
    return matchers | ({(NAME, "=", found.name)} if found.name else set())


@given(texts)
def test_it_reads_what_promql_parser_reads(text: str) -> None:
    try:
        ours = read(text)
    except SelectorError:
        ours = ()

    theirs = read_by_promql_parser(text)

    assert {(one.label, one.operator, one.value) for one in ours} == theirs


@given(st.text(), st.text(st.sampled_from("{}'\"`=~!,ab(\\"), max_size=20))
def test_nothing_that_was_sent_comes_back(start: str, text: str) -> None:
    marker = "Zq7"
    problem = ""
    try:
        read(start + marker + text)
    except SelectorError as error:
        problem = str(error)

    assert marker not in problem
    assert problem.isascii()
