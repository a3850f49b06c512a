import asyncio
import base64
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from aiohttp.resolver import ThreadedResolver

from exporter.discovery.declared import hub_way
from exporter.web import reviews
from exporter.web.answers import NoAnswer
from exporter.web.reviews import Reviews, User
from tests.web.reviewer import PERMISSIONS, TOKENS, Reviewer

ALICE = User("alice", "1", ["all"], {})


@asynccontextmanager
async def reviewing(reviewer: Reviewer, folder: Path) -> AsyncIterator[Reviews]:
    async with reviewer.serving(folder) as kubeconfig:
        way = partial(hub_way, str(kubeconfig), "")
        made = Reviews(way, way(), ThreadedResolver())
        try:
            yield made
        finally:
            await made.close()


def jwt(ends: float) -> str:
    """A token as service accounts have it, unsigned."""
    parts = ({"alg": "none"}, {"exp": int(ends)})
    encoded = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts
    ]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "PAUSES", (0, 0))


async def test_a_token_is_somebody_s_or_nobody_s(tmp_path: Path) -> None:
    async with reviewing(Reviewer({"t": "alice"}), tmp_path) as asked:
        assert await asked.user("t") == ALICE
        assert await asked.user("other") is None


async def test_permission_is_asked_for_as_rbac_knows_it(tmp_path: Path) -> None:
    reviewer = Reviewer(allowed={("alice", "get", "/metrics")})
    async with reviewing(reviewer, tmp_path) as asked:
        assert await asked.may(ALICE, "get", "/metrics")
        assert not await asked.may(ALICE, "get", "/sd")
        assert not await asked.may(ALICE, "post", "/metrics")
        assert not await asked.may(User("bob"), "get", "/metrics")

    assert reviewer.asked[0][1] == {
        "user": "alice",
        "uid": "1",
        "groups": ["all"],
        "extra": {},
        "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
    }


async def test_answers_are_kept_and_those_of_the_same_moment_are_shared(tmp_path: Path) -> None:
    reviewer = Reviewer({"t": "alice"}, {("alice", "get", "/metrics")})
    async with reviewing(reviewer, tmp_path) as asked:
        await asyncio.gather(*(asked.user("t") for _ in range(5)))
        await asyncio.gather(*(asked.may(ALICE, "get", "/metrics") for _ in range(5)))
        await asked.user("t")

    assert (reviewer.count(TOKENS), reviewer.count(PERMISSIONS)) == (1, 1)


@pytest.mark.parametrize("constant", ["KNOWN", "ALLOWED", "DENIED"])
async def test_answers_hold_for_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, constant: str
) -> None:
    monkeypatch.setattr(reviews, constant, 0)
    reviewer = Reviewer({"t": "alice"}, {("alice", "get", "/metrics")})
    async with reviewing(reviewer, tmp_path) as asked:
        for _ in range(2):
            await asked.user("t")
            await asked.may(ALICE, "get", "/metrics")
            await asked.may(ALICE, "get", "/sd")

    expected = {"KNOWN": (2, 2), "ALLOWED": (1, 3), "DENIED": (1, 3)}[constant]
    assert (reviewer.count(TOKENS), reviewer.count(PERMISSIONS)) == expected


async def test_a_token_is_not_known_beyond_its_own_end(tmp_path: Path) -> None:
    soon, later = jwt(time.time() - 1), jwt(time.time() + 3600)
    reviewer = Reviewer({soon: "alice", later: "alice"})
    async with reviewing(reviewer, tmp_path) as asked:
        for _ in range(3):
            await asked.user(later)

        assert reviewer.count(TOKENS) == 1
        for _ in range(3):
            await asked.user(soon)

    assert reviewer.count(TOKENS) == 4


async def test_a_fault_that_passes_is_not_noticed(tmp_path: Path) -> None:
    reviewer = Reviewer({"t": "alice"}, faults=[500, 429])
    async with reviewing(reviewer, tmp_path) as asked:
        assert await asked.user("t") == ALICE

    assert reviewer.count(TOKENS) == 3


@pytest.mark.parametrize("fault", [500, 403, 404])
async def test_what_cannot_be_found_out_is_no_answer_and_is_not_kept(
    tmp_path: Path, fault: int, caplog: pytest.LogCaptureFixture
) -> None:
    reviewer = Reviewer({"t": "alice"}, faults=[fault] * 3)
    async with reviewing(reviewer, tmp_path) as asked:
        with pytest.raises(NoAnswer, match=f"tokenreviews: {fault} "):
            await asked.user("t")

        del reviewer.faults[:]
        assert await asked.user("t") == ALICE


async def test_an_api_server_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "DEADLINE", 0.05)
    reviewer = Reviewer({"t": "alice"})
    async with reviewing(reviewer, tmp_path) as asked:
        reviewer.open.clear()
        with pytest.raises(NoAnswer, match="nobody answered in time"):
            await asked.user("t")

        reviewer.open.set()


async def test_who_moved_to_another_address_is_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").mkdir()
    async with reviewing(Reviewer({"t": "alice"}), tmp_path) as asked:
        await asked.user("t")
        async with Reviewer({"u": "alice"}).serving(tmp_path / "new") as kubeconfig:
            kubeconfig.replace(tmp_path / "reviewer")
            monkeypatch.setattr(asked, "_looked", -reviews.LOOK)
            await asked._look()

            assert await asked.user("u") == ALICE


async def test_who_reviews_no_more_asks_nothing_more(tmp_path: Path) -> None:
    """A connection that is used after its end would be opened anew, and never closed."""
    reviewer = Reviewer({"t": "alice"})
    async with reviewing(reviewer, tmp_path) as asked:
        reviewer.open.clear()
        asking = asyncio.create_task(asked.user("t"))
        while not reviewer.asked:
            await asyncio.sleep(0.01)

        await asked.close()
        with pytest.raises(NoAnswer, match="somebody else reviews"):
            await asking

        reviewer.open.set()

    assert reviewer.count(TOKENS) == 1


async def test_tokens_are_neither_kept_nor_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    reviewer = Reviewer({"hunter2": "alice"})
    async with reviewing(reviewer, tmp_path) as asked:
        await asked.user("hunter2")
        reviewer.faults += [403]
        with pytest.raises(NoAnswer) as caught:
            await asked.user("hunter3")

        kept = repr([vars(one) for one in (asked._users, asked._permissions)])

    printed = capsys.readouterr()
    said = kept + str(caught.value) + caplog.text + printed.out + printed.err
    assert "alice" in kept and "cannot be reviewed" in printed.out + printed.err + caplog.text
    assert "hunter" not in said
