from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from exporter.kubernetes.clouds import cloud as clouds
from exporter.kubernetes.clouds import token
from exporter.kubernetes.clouds.cloud import Aks, Cloud, Eks, Gke
from exporter.kubernetes.clouds.token import CloudToken, Token
from exporter.kubernetes.credentials import Credential, UserCredentials
from exporter.kubernetes.errors import CredentialsError


class Issuer:
    """Stands where a cloud's module does."""

    def __init__(self) -> None:
        self.issued: list[Cloud] = []
        self.threads: set[str] = set()
        self.valid = timedelta(hours=1)
        self.answer: Callable[[], None] = lambda: None

    def token(self, cloud: Cloud) -> Token:
        self.issued.append(cloud)
        self.threads.add(threading.current_thread().name)
        self.answer()
        return Token(f"token-{len(self.issued)}", datetime.now(UTC) + self.valid)


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    made = Issuer()
    for name in ("eks", "gke", "aks"):
        module = ModuleType(name)
        vars(module)["token"] = made.token
        monkeypatch.setitem(sys.modules, f"exporter.kubernetes.clouds.{name}", module)

    return made


@pytest.fixture
def closed() -> Iterator[threading.Event]:
    """Lets threads that wait for it end with the test."""
    event = threading.Event()
    yield event
    event.set()


def waits(event: threading.Event) -> Callable[[], None]:
    def wait() -> None:
        event.wait(10)

    return wait


def told(credential: Credential) -> str:
    return (credential.authorization or "").removeprefix("Bearer ")


async def test_a_token_is_issued_in_a_thread_of_its_cloud(issuer: Issuer) -> None:
    for cloud in (Eks(cluster_name="eu-1"), Gke(), Aks()):
        await CloudToken(cloud).read()

    assert {name.rpartition("-tokens")[0] for name in issuer.threads} == {"eks", "gke", "aks"}


async def test_clusters_of_one_identity_share_a_token(issuer: Issuer) -> None:
    sources = [CloudToken(Aks(client_id="a")) for _ in range(30)]

    seen = await asyncio.gather(*(source.read() for source in sources))

    assert {told(each) for each in seen} == {"token-1"}
    assert len(issuer.issued) == 1


async def test_other_identities_do_not(issuer: Issuer) -> None:
    first, other = CloudToken(Aks(client_id="a")), CloudToken(Aks(client_id="b"))

    assert told(await first.read()) != told(await other.read())


async def test_who_asks_again_gets_another_token_and_gives_it_to_the_others(
    issuer: Issuer,
) -> None:
    first, second = CloudToken(Gke()), CloudToken(Gke())

    seen = [told(await source.read()) for source in (first, second, first, second)]

    assert seen == ["token-1", "token-1", "token-2", "token-2"]


async def test_a_shared_token_that_is_about_to_end_is_not_given_to_anybody(issuer: Issuer) -> None:
    issuer.valid = timedelta(seconds=50)
    first, second = CloudToken(Gke()), CloudToken(Gke())

    assert [told(await source.read()) for source in (first, second)] == ["token-1", "token-2"]


async def test_who_waits_while_there_is_none_is_told_so_and_does_not_try_in_turn(
    issuer: Issuer,
) -> None:
    def fail() -> None:
        raise CredentialsError("nobody there")

    issuer.answer = fail
    sources = [CloudToken(Gke()) for _ in range(30)]
    problems = await asyncio.gather(*(each.read() for each in sources), return_exceptions=True)

    assert {str(problem) for problem in problems} == {"gke: nobody there"}
    assert len(issuer.issued) == 1
    issuer.answer = lambda: None
    assert told(await sources[0].read()) == "token-2"


async def test_a_rejected_token_is_replaced(issuer: Issuer) -> None:
    credentials = UserCredentials(CloudToken(Gke()))
    rejected = await credentials.current()

    assert await credentials.current() is rejected
    credentials.rejected(rejected)

    assert told(await credentials.current()) == "token-2"


@pytest.mark.looptime
async def test_a_token_is_renewed_a_minute_before_its_end(issuer: Issuer) -> None:
    issuer.valid = timedelta(minutes=14)
    credentials = UserCredentials(CloudToken(Eks(cluster_name="eu-1")))

    seen = []
    for minutes in (0, 12.9, 0.2):
        await asyncio.sleep(minutes * 60)
        seen.append(told(await credentials.current()))

    assert seen == ["token-1", "token-1", "token-2"]


async def test_an_issuer_that_does_not_answer_is_given_up(
    issuer: Issuer, closed: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token, "DEADLINE", 0.01)
    issuer.answer = waits(closed)

    with pytest.raises(CredentialsError, match=r"^gke: no token within 0 s$"):
        await CloudToken(Gke()).read()


async def test_a_cloud_that_does_not_answer_keeps_no_other_waiting(
    issuer: Issuer, closed: threading.Event
) -> None:
    issuer.answer = waits(closed)
    stuck = [
        asyncio.create_task(CloudToken(Eks(cluster_name=f"eu-{number}")).read())
        for number in range(token.AT_ONCE + 1)
    ]
    while len(issuer.issued) < token.AT_ONCE:
        await asyncio.sleep(0)

    issuer.answer = lambda: None
    assert await CloudToken(Gke()).read()
    assert len(issuer.issued) == token.AT_ONCE + 1
    assert not any(task.done() for task in stuck)
    closed.set()
    await asyncio.gather(*stuck)


async def test_a_token_that_has_ended_is_an_error(issuer: Issuer) -> None:
    issuer.valid = timedelta(seconds=-1)

    with pytest.raises(CredentialsError, match="has ended already; check the clock"):
        await CloudToken(Gke()).read()


async def test_what_a_library_makes_of_an_odd_answer_is_an_error(issuer: Issuer) -> None:
    def fail() -> None:
        raise KeyError("hunter2")

    issuer.answer = fail
    with pytest.raises(CredentialsError) as caught:
        await CloudToken(Gke()).read()

    assert str(caught.value) == "gke: an answer, or a setting, that makes no sense: KeyError"


async def test_an_extra_that_is_not_installed_is_named(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clouds, "find_spec", lambda name: None)

    with pytest.raises(CredentialsError, match=r"pip install 'kube-fleet-exporter\[eks\]'"):
        await CloudToken(Eks(cluster_name="eu-1")).read()

    assert issuer.issued == []


def test_a_token_is_not_shown() -> None:
    shown = repr(Token("hunter2", datetime.fromtimestamp(time.time(), UTC)))

    assert "hunter2" not in shown
