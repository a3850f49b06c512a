import asyncio
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import structlog.testing
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.credentials import RETRY_AFTER, Credential, UserCredentials, bearer
from exporter.kubernetes.errors import CredentialsError, RefusedByPolicy


class Source:
    """Gives what `give` returns or raises, and counts."""

    def __init__(self, give: Callable[[int], Credential], reread_after: float = math.inf) -> None:
        self.give = give
        self.reread_after = reread_after
        self.reads = 0

    async def read(self) -> Credential:
        self.reads += 1
        read = self.reads
        await asyncio.sleep(0.1)
        return self.give(read)


def numbered(read: int) -> Credential:
    return Credential(f"Bearer {read}")


def failing(read: int) -> Credential:
    raise CredentialsError(f"read {read} failed")


def first_good(read: int) -> Credential:
    return numbered(read) if read == 1 else failing(read)


def expiring_in(seconds: float) -> Callable[[int], Credential]:
    return lambda read: Credential(
        f"Bearer {read}", expires=datetime.now(UTC) + timedelta(seconds=seconds)
    )


async def token(credentials: UserCredentials) -> str | None:
    return (await credentials.current()).authorization


@pytest.mark.looptime
async def test_a_source_without_an_end_is_read_once() -> None:
    source = Source(numbered)
    credentials = UserCredentials(source)
    for _ in range(3):
        assert await token(credentials) == "Bearer 1"
        await asyncio.sleep(1e6)

    assert source.reads == 1


@pytest.mark.looptime
async def test_thirty_who_ask_at_once_share_one_reading() -> None:
    source = Source(numbered)
    credentials = UserCredentials(source)

    answers = await asyncio.gather(*(token(credentials) for _ in range(30)))

    assert set(answers) == {"Bearer 1"}
    assert source.reads == 1


@pytest.mark.looptime
async def test_one_who_gives_up_does_not_take_the_others_along() -> None:
    credentials = UserCredentials(Source(numbered))
    async with asyncio.TaskGroup() as group:
        impatient = group.create_task(token(credentials))
        patient = group.create_task(token(credentials))
        await asyncio.sleep(0.05)
        impatient.cancel()

    assert patient.result() == "Bearer 2"


@pytest.mark.looptime
async def test_a_source_is_read_again_after_its_interval() -> None:
    credentials = UserCredentials(Source(numbered, reread_after=60))
    assert await token(credentials) == "Bearer 1"

    await asyncio.sleep(59)
    assert await token(credentials) == "Bearer 1"

    await asyncio.sleep(2)
    assert await token(credentials) == "Bearer 2"


@pytest.mark.looptime
@pytest.mark.parametrize(("lifetime", "early"), [(3600, 60), (10, 2)])
async def test_a_credential_is_renewed_a_little_before_its_end(lifetime: int, early: int) -> None:
    credentials = UserCredentials(Source(expiring_in(lifetime)))
    assert await token(credentials) == "Bearer 1"

    await asyncio.sleep(lifetime - early - 1)
    assert await token(credentials) == "Bearer 1"

    await asyncio.sleep(1)
    assert await token(credentials) == "Bearer 2"


@pytest.mark.looptime
async def test_the_last_good_one_stays_when_reading_fails() -> None:
    credentials = UserCredentials(Source(first_good, reread_after=60))
    for _ in range(5):
        assert await token(credentials) == "Bearer 1"
        await asyncio.sleep(61)


@pytest.mark.looptime
async def test_that_reading_fails_is_said_once_in_the_log() -> None:
    credentials = UserCredentials(Source(first_good, reread_after=60))
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            await credentials.current()
            await asyncio.sleep(61)

    assert [(log["log_level"], log["problem"]) for log in logs] == [("warning", "read 2 failed")]


@pytest.mark.looptime
async def test_the_last_good_one_is_given_up_at_its_end() -> None:
    def once(read: int) -> Credential:
        return expiring_in(100)(read) if read == 1 else failing(read)

    credentials = UserCredentials(Source(once))
    await credentials.current()

    await asyncio.sleep(95)
    assert await token(credentials) == "Bearer 1"

    await asyncio.sleep(6)
    with pytest.raises(CredentialsError, match="failed"):
        await credentials.current()


@pytest.mark.looptime
async def test_a_failing_source_is_left_alone_for_a_while() -> None:
    source = Source(failing)
    credentials = UserCredentials(source)
    for _ in range(30):
        with pytest.raises(CredentialsError, match="read 1 failed"):
            await credentials.current()

    assert source.reads == 1

    await asyncio.sleep(RETRY_AFTER)
    with pytest.raises(CredentialsError, match="read 2 failed"):
        await credentials.current()


@pytest.mark.looptime
async def test_a_source_that_may_not_be_asked_is_an_error_of_its_own() -> None:
    def refused(read: int) -> Credential:
        raise RefusedByPolicy(f"read {read} refused")

    source = Source(refused)
    credentials = UserCredentials(source)
    for _ in range(3):
        with pytest.raises(RefusedByPolicy, match="read 1 refused"):
            await credentials.current()

    assert source.reads == 1


@pytest.mark.looptime
async def test_a_rejected_credential_is_read_again_once() -> None:
    source = Source(numbered)
    credentials = UserCredentials(source)
    rejected = await credentials.current()

    credentials.rejected(rejected)
    credentials.rejected(rejected)

    assert await token(credentials) == "Bearer 2"
    credentials.rejected(rejected)
    assert await token(credentials) == "Bearer 2"
    assert source.reads == 2


@pytest.mark.looptime
async def test_a_rejected_credential_is_not_the_last_good_one() -> None:
    credentials = UserCredentials(Source(first_good))
    credentials.rejected(await credentials.current())

    with pytest.raises(CredentialsError, match="read 2 failed"):
        await credentials.current()


@pytest.mark.looptime
async def test_a_source_that_insists_on_a_rejected_credential_is_left_alone_for_a_while() -> None:
    source = Source(lambda _: Credential("Bearer same"))
    credentials = UserCredentials(source)
    for _ in range(30):
        credentials.rejected(await credentials.current())

    assert source.reads == 2

    await asyncio.sleep(RETRY_AFTER)
    credentials.rejected(await credentials.current())
    await credentials.current()
    assert source.reads == 3


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_white_space_around_a_token_is_dropped(text: str) -> None:
    assert bearer(f" \t{text}\r\n") == f"Bearer {text}"


@pytest.mark.parametrize("text", ["", " \n", "two words", "two\nlines", "schlüssel", "nul\0"])
def test_a_token_that_no_header_can_hold_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(CredentialsError, match=r"^the token (is empty|holds)") as caught:
        bearer(text)

    assert not text.strip() or text not in str(caught.value)
