import asyncio
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from exporter.discovery.provider import Cluster
from exporter.fleet.claims import Claims
from tests.fleet.conftest import cluster

NOBODY = "http://127.0.0.1:9"


def claims(*names: str) -> Claims:
    made = Claims()
    made.order([cluster(name, NOBODY) for name in names])
    return made


async def test_a_name_that_claims_nothing_is_its_own() -> None:
    assert claims("eu-1").owner("eu-1") == "eu-1"
    assert claims().owner("unheard-of") == "unheard-of"


async def test_of_two_names_for_one_cluster_the_first_has_it() -> None:
    names = claims("first", "second")
    names.claim("second", "uid")
    assert names.owner("second") == "second"

    names.claim("first", "uid")

    assert names.owner("second") == names.owner("first") == "first"


async def test_clusters_that_say_nothing_of_themselves_are_no_duplicates() -> None:
    names = claims("first", "second")
    names.claim("first", "")
    names.claim("second", "")

    assert names.owner("second") == "second"


async def test_a_name_that_is_released_or_gone_has_nothing() -> None:
    names = claims("first", "second", "third")
    for name in ("first", "second", "third"):
        names.claim(name, "uid")

    names.release("first")
    assert names.owner("third") == "second"

    names.order([cluster("third", NOBODY)])

    assert names.owner("third") == "third"


async def test_another_order_makes_another_one_the_first() -> None:
    names = claims("first", "second")
    names.claim("first", "uid")
    names.claim("second", "uid")
    names.order([cluster("second", NOBODY), cluster("first", NOBODY)])

    assert names.owner("first") == "second"


async def test_a_rebuilt_cluster_is_another_one() -> None:
    names = claims("first", "second")
    names.claim("first", "old")
    names.claim("second", "old")
    names.claim("first", "new")

    assert names.owner("second") == "second"


async def test_whoever_waits_is_told_of_a_change() -> None:
    names = claims("first", "second")
    waiting = asyncio.create_task(names.changed())
    await asyncio.sleep(0)
    assert not waiting.done()

    names.claim("first", "uid")
    async with asyncio.timeout(1):
        await waiting


steps = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "u", "v"]), st.booleans()), max_size=20
)


@given(st.permutations("abcd"), steps)
def test_each_cluster_has_one_name_the_first_of_those_that_claim_it(
    order: Sequence[str], steps: list[tuple[str, str, bool]]
) -> None:
    async def scenario() -> None:
        names = claims(*order)
        claimed: dict[str, str] = {}
        for name, uid, release in steps:
            if release:
                names.release(name)
                claimed.pop(name, None)
            elif uid:
                names.claim(name, uid)
                claimed[name] = uid

        for name in order:
            rivals = [one for one in order if one == name or claimed.get(one) == claimed.get(name)]
            expected = rivals[0] if name in claimed else name
            assert names.owner(name) == expected

    asyncio.run(scenario())


async def test_of_two_names_in_two_processes_the_first_has_the_cluster_in_both() -> None:
    one, other = claims("first", "second"), claims("first", "second")
    one.claim("first", "uid")
    other.claim("second", "uid")
    one.hear(other.here, {})
    other.hear(one.here, {})

    assert [each.owner(name) for each in (one, other) for name in ("first", "second")] == [
        "first"
    ] * 4
    assert (one.here, other.here) == ({"first": "uid"}, {"second": "uid"})


async def test_what_another_process_does_not_say_any_more_is_forgotten() -> None:
    names = claims("first", "second")
    names.claim("second", "uid")
    names.hear({"first": "uid"}, {})
    names.hear({}, {})

    assert names.owner("second") == "second"


async def test_who_a_cluster_was_before_this_process_counts_until_it_answers() -> None:
    names = claims("away", "other", "free")
    names.claim("other", "another uid")
    names.hear({}, {"away": "uid", "other": "uid", "free": "uid"})

    assert names.here == {"away": "uid", "other": "another uid", "free": "uid"}
    assert names.owner("free") == "away"

    names.release("free")
    names.hear({}, {"free": "uid"})

    assert names.here == {"away": "uid", "other": "another uid"}


async def test_who_waits_hears_what_other_processes_say() -> None:
    names = claims("first", "second")
    names.claim("second", "uid")
    waiting = asyncio.create_task(names.changed())
    await asyncio.sleep(0)
    names.hear({"first": "uid"}, {})
    await waiting

    assert names.owner("second") == "first"


def known_as(name: str, labels: dict[str, str]) -> Cluster:
    return replace(cluster(name, NOBODY), labels=labels)


async def test_the_first_name_bears_the_labels_and_marks_of_all_the_first_of_each_label() -> None:
    names = Claims()
    first = known_as("first", {"region": "eu"})
    second = replace(known_as("second", {"region": "us", "tenant": "shop"}), hibernated=True)
    third = replace(known_as("third", {"tenant": "bank", "tier": "1"}), virtual=True)
    names.order([first, second, third, replace(known_as("other", {}), maintenance=True)])
    for name in ("first", "second", "third"):
        names.claim(name, "uid")

    assert names.described("first") == replace(
        first,
        labels={"region": "eu", "tenant": "shop", "tier": "1"},
        hibernated=True,
        virtual=True,
    )
    assert names.described("second") == second
    assert names.described("unheard-of") is None


async def test_a_name_that_goes_takes_its_labels_with_it() -> None:
    names = Claims()
    first, second = known_as("first", {"a": "1"}), known_as("second", {"b": "2"})
    names.order([first, second])
    names.claim("first", "uid")
    names.hear({"second": "uid"}, {})
    before = names.described("first")
    names.order([first])

    assert before == replace(first, labels={"a": "1", "b": "2"})
    assert names.described("first") == first
