from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.events.counter import LARGEST, Event, EventCounter, Sort
from exporter.kubernetes.objects import Key
from exporter.simulation.events import as_events_v1

BACK_OFF: Sort = ("shop", "Pod", "Warning", "BackOff", "kubelet")


def core_event(name: str, **fields: Any) -> dict[str, Any]:
    """An event as the core API has it."""
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-of-{name}"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-0"},
        "type": "Warning",
        "reason": "BackOff",
        "source": {"component": "kubelet"},
        **fields,
    }


def decoded(document: dict[str, Any]) -> Event:
    return msgspec.json.decode(msgspec.json.encode(document), type=Event)


def event(name: str, **fields: Any) -> Event:
    return decoded(core_event(name, **fields))


def key(name: str) -> Key:
    return ("shop", name)


def relist(counter: EventCounter, *events: Event) -> None:
    counter.begin_list()
    for one in events:
        counter.list_object(one)

    counter.end_list()


def put(counter: EventCounter, events: Iterable[Event]) -> None:
    for one in events:
        counter.put((one.metadata.namespace, one.metadata.name), one)


def test_a_new_event_counts_once() -> None:
    counter = EventCounter()
    put(counter, [event("a", count=1)])

    assert counter.counts == {BACK_OFF: 1}


def test_what_a_count_grew_by_is_counted() -> None:
    counter = EventCounter()
    put(counter, [event("a", count=number) for number in (1, 2, 7)])

    assert counter.counts == {BACK_OFF: 7}


def test_an_event_that_is_new_with_a_count_happened_that_often() -> None:
    counter = EventCounter()
    put(counter, [event("a", count=3)])

    assert counter.counts == {BACK_OFF: 3}


def test_a_series_counts_as_a_count_does() -> None:
    counter = EventCounter()
    put(counter, [event("a"), event("a", series={"count": 2}), event("a", series={"count": 5})])

    assert counter.counts == {BACK_OFF: 5}


def test_a_change_without_a_new_occurrence_is_not_counted() -> None:
    counter = EventCounter()
    put(counter, [event("a", count=2), event("a", count=2, message="as before")])

    assert counter.counts == {BACK_OFF: 2}


def test_a_count_that_goes_back_takes_nothing_away() -> None:
    counter = EventCounter()
    put(counter, [event("a", count=5), event("a", count=1)])

    assert counter.counts == {BACK_OFF: 5}


def test_the_first_list_is_not_counted() -> None:
    counter = EventCounter()
    relist(counter, event("a", count=100), event("b"))

    assert counter.counts == {}
    assert counter.objects == 2


def test_what_a_listed_event_grows_by_is_counted() -> None:
    counter = EventCounter()
    relist(counter, event("a", count=100))
    put(counter, [event("a", count=103)])

    assert counter.counts == {BACK_OFF: 3}


def test_a_relist_is_not_counted() -> None:
    counter = EventCounter()
    put(counter, [event("a", count=2)])
    relist(counter, event("a", count=50), event("new", count=50))

    assert counter.counts == {BACK_OFF: 2}


def test_after_a_relist_growth_is_counted_from_there() -> None:
    counter = EventCounter()
    put(counter, [event("a", count=2)])
    relist(counter, event("a", count=50))
    put(counter, [event("a", count=51)])

    assert counter.counts == {BACK_OFF: 3}


def test_an_unfinished_list_leaves_no_trace() -> None:
    counter = EventCounter()
    relist(counter, event("a", count=2))
    counter.begin_list()
    counter.list_object(event("a", count=50))
    counter.list_object(event("b"))
    put(counter, [event("a", count=3)])

    assert counter.counts == {BACK_OFF: 1}
    assert counter.objects == 1


def test_another_event_of_the_same_name_counts_from_nothing() -> None:
    counter = EventCounter()
    relist(counter, event("a", count=9))
    new = event("a", count=2, metadata={"name": "a", "namespace": "shop", "uid": "another"})
    put(counter, [new])

    assert counter.counts == {BACK_OFF: 2}


def test_an_event_that_expires_keeps_its_count() -> None:
    counter = EventCounter()
    put(counter, [event("a", count=4)])
    counter.remove(key("a"))

    assert counter.counts == {BACK_OFF: 4}
    assert counter.objects == 0


def test_an_event_about_something_without_a_namespace_is_of_its_own() -> None:
    about_a_node = event("a", involvedObject={"kind": "Node", "name": "node-1"})

    assert about_a_node.sort == ("shop", "Node", "Warning", "BackOff", "kubelet")


def test_an_event_of_which_nothing_is_known_counts_all_the_same() -> None:
    counter = EventCounter()
    put(counter, [decoded({"metadata": {"name": "a"}})])

    assert counter.counts == {("", "", "", "", ""): 1}


def test_there_is_a_bound_and_what_is_beyond_it_is_other() -> None:
    counter = EventCounter()
    put(counter, (event(str(number), reason=f"R{number}") for number in range(LARGEST + 10)))

    assert len(counter.counts) == LARGEST + 1
    assert counter.counts["", "", "Warning", "other", ""] == 10
    assert sum(counter.counts.values()) == LARGEST + 10


def test_what_was_counted_before_the_bound_goes_on_being_counted() -> None:
    counter = EventCounter()
    put(counter, (event(str(number), reason=f"R{number}") for number in range(LARGEST + 1)))
    put(counter, [event("0", reason="R0", count=2)])

    assert counter.counts["shop", "Pod", "Warning", "R0", "kubelet"] == 2


def test_types_that_kubernetes_does_not_know_cannot_break_the_bound() -> None:
    counter = EventCounter()
    put(counter, (event(str(number), type=f"T{number}") for number in range(LARGEST + 100)))

    assert len(counter.counts) <= LARGEST + 3
    assert sum(counter.counts.values()) == LARGEST + 100


words = st.sampled_from(["", "Pod", "BackOff", "kubelet", "Ünïcode"])
counts = st.one_of(st.none(), st.integers(0, 100))
core_events = st.builds(
    lambda about, source, series, count, **fields: {
        "metadata": {"name": "a", "namespace": "shop", "uid": "1"},
        **({} if about is None else {"involvedObject": about}),
        **({} if source is None else {"source": source}),
        **({} if series is None else {"series": {"count": series}}),
        **({} if count is None else {"count": count}),
        **fields,
    },
    st.none() | st.fixed_dictionaries({}, optional={"kind": words, "namespace": words}),
    st.none() | st.fixed_dictionaries({}, optional={"component": words}),
    counts,
    counts,
    type=words,
    reason=words,
    reportingComponent=words,
)


@given(core_events)
def test_both_api_versions_tell_the_same_of_an_event(core: dict[str, Any]) -> None:
    old, new = decoded(core), decoded(as_events_v1(core))

    assert old.sort == new.sort
    assert old.occurrences == new.occurrences


@pytest.mark.parametrize("form", [core_event, lambda name: as_events_v1(core_event(name))])
def test_an_event_is_counted_under_what_it_is_about_and_who_reported_it(form: Any) -> None:
    assert decoded(form("a")).sort == BACK_OFF


def test_who_reports_by_the_new_field_is_believed_before_the_old_one() -> None:
    assert event("a", reportingComponent="scheduler").sort[-1] == "scheduler"
