import asyncio
import base64
from collections.abc import Iterator

import bcrypt
import pytest
from aiohttp import web

from exporter.web import basic_auth
from exporter.web.basic_auth import BasicAuth


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()


def header(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The hashes that were checked; each costs."""
    done: list[bytes] = []
    check = bcrypt.checkpw

    def counted(password: bytes, hash_: bytes) -> bool:
        done.append(hash_)
        return check(password, hash_)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    return done


@pytest.fixture
def users() -> Iterator[BasicAuth]:
    made = BasicAuth({"alice": hashed("hunter2"), "bob": hashed("x" * 80)})
    yield made
    made.close()


async def test_a_user_is_known_by_his_password(users: BasicAuth) -> None:
    assert await users.knows(header("alice", "hunter2"))
    assert not await users.knows(header("alice", "hunter3"))
    assert not await users.knows(header("bob", "hunter2"))
    assert not await users.knows(header("carol", "hunter2"))


async def test_of_a_password_72_bytes_count_as_with_everybody_s_bcrypt(users: BasicAuth) -> None:
    assert await users.knows(header("bob", "x" * 90))
    assert not await users.knows(header("bob", "x" * 71))


@pytest.mark.parametrize(
    "sent",
    ["", "Basic", "Basic ", "Basic !!!", "Bearer YWxpY2U6aHVudGVyMg==", "Basic YWxpY2U=",
     "Basic gICA", "Basic " + base64.b64encode(b"alice:a\0b").decode()],
)  # fmt: skip
async def test_what_names_no_user_is_nobody(users: BasicAuth, sent: str) -> None:
    assert not await users.knows(sent)


async def test_a_hash_is_checked_once_and_again_when_it_changes(
    users: BasicAuth, checks: list[bytes]
) -> None:
    for _ in range(3):
        assert await users.knows(header("alice", "hunter2"))
        assert not await users.knows(header("alice", "wrong"))

    assert len(checks) == 2
    users.change({"alice": hashed("new")})
    assert not await users.knows(header("alice", "hunter2"))
    assert await users.knows(header("alice", "new"))
    users.change({})
    assert not await users.knows(header("alice", "new"))


async def test_who_is_no_user_costs_as_much_as_who_is(
    users: BasicAuth, checks: list[bytes]
) -> None:
    await users.knows(header("alice", "wrong"))
    await users.knows(header("nobody", "wrong"))

    real, made_up = checks
    assert real != made_up
    assert real[:7] == made_up[:7], "another algorithm or cost takes another time"


async def test_wrong_passwords_push_out_none_that_was_right(
    users: BasicAuth, checks: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basic_auth, "MOST_KEPT", 2)
    await users.knows(header("alice", "hunter2"))
    for number in range(5):
        await users.knows(header("alice", str(number)))

    del checks[:]
    assert await users.knows(header("alice", "hunter2"))
    assert checks == []


async def test_one_hash_is_checked_at_a_time_and_few_wait(
    users: BasicAuth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(basic_auth, "MOST_WAITING", 3)
    asking = [asyncio.create_task(users.knows(header("alice", str(n)))) for n in range(5)]
    results = await asyncio.gather(*asking, return_exceptions=True)

    assert results[:3] == [False] * 3
    assert all(isinstance(one, web.HTTPServiceUnavailable) for one in results[3:])


async def test_the_same_password_at_the_same_time_is_checked_once(
    users: BasicAuth, checks: list[bytes]
) -> None:
    known = await asyncio.gather(*(users.knows(header("alice", "hunter2")) for _ in range(5)))

    assert known == [True] * 5
    assert len(checks) == 1


async def test_what_is_kept_tells_no_password(users: BasicAuth) -> None:
    await users.knows(header("alice", "hunter2"))

    assert "hunter2" not in repr(vars(users))
