import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from exporter.fleet.claims import Claims


def claims(*names: str) -> Claims:
    made = Claims()
    made.order(names)
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

    names.order(["third"])

    assert names.owner("third") == "third"


async def test_another_order_makes_another_one_the_first() -> None:
    names = claims("first", "second")
    names.claim("first", "uid")
    names.claim("second", "uid")
    names.order(["second", "first"])

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
