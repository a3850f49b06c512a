from hypothesis import given
from hypothesis import strategies as st

from exporter.promql.matcher import NAME, Matcher, Operator
from exporter.promql.selectors import EVERYTHING, NOTHING, Selectors

LABELS = (NAME, "cluster", "namespace")
NAMES = ("x_sum", "x_count")

operators: st.SearchStrategy[Operator] = st.sampled_from(("=", "!=", "=~", "!~"))
values = st.sampled_from(("", "a", "b", "a|x_sum", ".*", ".+", "x_count"))
matchers = st.builds(Matcher, st.sampled_from(LABELS), operators, values)
selectors = st.builds(
    Selectors, st.lists(st.lists(matchers, max_size=4).map(tuple), max_size=3).map(tuple)
)


def chosen(wanted: Selectors, labels: dict[str, str]) -> bool:
    """Whether a series is."""
    return any(
        all(matcher.matches(labels.get(matcher.label, "")) for matcher in selector)
        for selector in wanted.alternatives
    )


@given(selectors, st.dictionaries(st.sampled_from(LABELS), values))
def test_what_is_known_of_a_series_need_not_be_asked_again(
    wanted: Selectors, labels: dict[str, str]
) -> None:
    left = wanted
    for label in LABELS:
        left = left.where(label, labels.get(label, ""))

    assert left == (EVERYTHING if chosen(wanted, labels) else NOTHING)


@given(selectors, st.sampled_from(LABELS), values, st.dictionaries(st.sampled_from(LABELS), values))
def test_narrowing_changes_nothing_for_the_series_that_are_left(
    wanted: Selectors, label: str, value: str, labels: dict[str, str]
) -> None:
    labels[label] = value
    left = wanted.where(label, value)

    assert chosen(left, labels) == chosen(wanted, labels)
    assert all(matcher.label != label for selector in left.alternatives for matcher in selector)


@given(selectors, st.sampled_from(NAMES), values)
def test_among_some_names_the_same_series_are_chosen(
    wanted: Selectors, name: str, namespace: str
) -> None:
    labels = {NAME: name, "namespace": namespace}
    left = wanted.among(NAMES, lambda label: label == "namespace")

    assert chosen(left, labels) == chosen(wanted, labels)


def test_a_family_of_another_name_or_without_the_label_is_out_of_the_question() -> None:
    def has_none(label: str) -> bool:
        return False

    named = Selectors(((Matcher(NAME, "=", "up"),),))
    labelled = Selectors(((Matcher("pod", "=~", ".+"),),))
    unlabelled = Selectors(((Matcher("pod", "=", ""),),))

    assert named.among(("up",), has_none) == EVERYTHING
    assert not named.among(("down",), has_none)
    assert not labelled.among(("up",), has_none)
    assert unlabelled.among(("up",), has_none) == EVERYTHING


def test_a_name_that_some_series_of_a_family_have_is_still_asked_for() -> None:
    wanted = Selectors(((Matcher(NAME, "=", "x_sum"),),))

    assert wanted.among(NAMES, lambda label: False) == wanted
