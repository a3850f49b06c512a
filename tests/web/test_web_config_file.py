import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import bcrypt
import pytest
import trustme

from exporter.telemetry import Telemetry
from exporter.web import web_config_file
from exporter.web.access import Wanted
from exporter.web.web_config import WebConfigError
from exporter.web.web_config_file import WebConfigFile, load, watch
from tests.web.certificates import client, fresh, web_config, write, write_pair
from tests.web.exporter import until
from tests.web.reviewer import Guarded, guarded

REQUIRED = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.crt"}


@asynccontextmanager
async def watched(
    wanted: Wanted, connector: aiohttp.TCPConnector | None = None
) -> AsyncIterator[Guarded]:
    async with guarded(wanted, connector) as port:
        watching = asyncio.create_task(port.access.run())
        try:
            yield port
        finally:
            watching.cancel()
            await asyncio.wait([watching])


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_config_file, "LOOK", 0.01)


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"alice:{password}".encode()).decode()


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


async def failures(port: Guarded) -> float:
    (family,) = port.telemetry.web_config_failures.collect()
    return family.samples[0].value


def test_without_a_name_nothing_is_configured() -> None:
    assert load("").context is None
    assert load("").path is None


def test_a_file_that_it_names_is_named_with_it(tmp_path: Path) -> None:
    config = web_config(tmp_path)
    with pytest.raises(
        WebConfigError, match=r"web\.yml: tls_server_config\.cert_file: .*: No such"
    ):
        load(config)


async def test_a_new_certificate_is_shown_without_a_restart(tmp_path: Path) -> None:
    old, new = trustme.CA(), trustme.CA()
    write_pair(tmp_path, old)
    async with watched(Wanted(web_config(tmp_path)), fresh(client(old))) as port:
        assert await port.status("/metrics") == 200
        write_pair(tmp_path, new)
        async with aiohttp.ClientSession(connector=fresh(client(new))) as session:

            async def is_shown() -> bool:
                try:
                    async with session.get(port.url + "/metrics") as answer:
                        return answer.status == 200
                except aiohttp.ClientError:
                    return False

            await until(is_shown)

        with pytest.raises(aiohttp.ClientError):
            await port.ask("/metrics")


async def test_half_of_a_new_pair_changes_nothing_and_is_counted(tmp_path: Path) -> None:
    old, new = trustme.CA(), trustme.CA()
    write_pair(tmp_path, old)
    key = (tmp_path / "server.key").read_bytes()
    async with watched(Wanted(web_config(tmp_path)), fresh(client(old))) as port:
        write_pair(tmp_path, new)
        write(tmp_path / "server.key", key)

        async def is_counted() -> bool:
            return await failures(port) > 1

        await until(is_counted)
        assert await port.status("/metrics") == 200


async def test_an_authority_that_was_taken_away_vouches_for_nobody(tmp_path: Path) -> None:
    """Not even for who is connected since before."""
    server, old, new = trustme.CA(), trustme.CA(), trustme.CA()
    write_pair(tmp_path, server)
    write(tmp_path / "ca.crt", old.cert_pem.bytes())
    known = aiohttp.TCPConnector(ssl=client(server, old.issue_cert("prometheus")))
    async with watched(Wanted(web_config(tmp_path, REQUIRED)), known) as port:
        assert await port.status("/metrics") == 200
        write(tmp_path / "ca.crt", new.cert_pem.bytes())

        async def is_refused() -> bool:
            try:
                return await port.status("/metrics") == 403
            except aiohttp.ClientError:
                return True

        await until(is_refused)
        with pytest.raises(aiohttp.ClientError):
            await port.ask("/metrics")

        other = fresh(client(server, new.issue_cert("prometheus")))
        async with (
            aiohttp.ClientSession(connector=other) as session,
            session.get(port.url + "/metrics") as answer,
        ):
            assert answer.status == 200


async def test_users_come_and_go_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text(f"basic_auth_users: {{alice: {hashed('old')}}}")
    async with watched(Wanted(str(file))) as port:
        assert await port.status("/metrics", Authorization=basic("old")) == 200
        write(file, f"basic_auth_users: {{alice: {hashed('new')}}}".encode())

        async def is_taken() -> bool:
            return await port.status("/metrics", Authorization=basic("new")) == 200

        await until(is_taken)
        assert await port.status("/metrics", Authorization=basic("old")) == 401


@pytest.mark.parametrize("spoilt", ["users: {}", "basic_auth_users: [", None, "PLAIN-TO-TLS"])
async def test_what_cannot_be_used_leaves_what_was_in_force(
    tmp_path: Path, spoilt: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "web.yml"
    hash_ = hashed("old")
    file.write_text(f"basic_auth_users: {{alice: {hash_}}}")
    async with watched(Wanted(str(file))) as port:
        if spoilt is None:
            file.unlink()
        elif spoilt == "PLAIN-TO-TLS":
            write_pair(tmp_path, trustme.CA())
            web_config(tmp_path)
        else:
            write(file, spoilt.encode())

        async def is_counted() -> bool:
            return await failures(port) > 2

        await until(is_counted)
        assert await port.status("/metrics") == 401
        assert await port.status("/metrics", Authorization=basic("old")) == 200
        write(file, b"{}")

        async def is_open() -> bool:
            return await port.status("/metrics") == 200

        await until(is_open)

    printed = capsys.readouterr().out
    assert printed.count("cannot be used") == 1, "it is said once, and not at every look"
    assert hash_ not in printed


async def test_tls_is_never_left_for_plain_http(tmp_path: Path) -> None:
    authority = trustme.CA()
    write_pair(tmp_path, authority)
    config = web_config(tmp_path)
    async with watched(Wanted(config), fresh(client(authority))) as port:
        write(Path(config), b"{}")

        async def is_counted() -> bool:
            return await failures(port) > 0

        await until(is_counted)
        assert await port.status("/metrics") == 200


async def test_what_was_read_for_an_earlier_file_is_not_put_in_force(tmp_path: Path) -> None:
    """The settings may name another one while the files are read."""
    file = tmp_path / "web.yml"
    file.write_text("rate_limit: {interval: 1s, burst: 1}")
    before, other = load(str(file)), load("")
    file.write_text("{}")
    said = iter([before])
    looked = asyncio.Event()

    def now() -> WebConfigFile:
        found = next(said, other)
        if found is other:
            looked.set()

        return found

    changed: list[WebConfigFile] = []
    async with asyncio.timeout(10):
        watching = asyncio.create_task(watch(now, changed.append, Telemetry()))
        await looked.wait()
        await asyncio.sleep(0)
        watching.cancel()
        await asyncio.wait([watching])

    assert changed == []


def test_a_handshake_is_of_one_content_whole(tmp_path: Path) -> None:
    write_pair(tmp_path, trustme.CA())
    first, second = load(web_config(tmp_path)), load(web_config(tmp_path))

    assert first.digest == second.digest
    assert isinstance(first.context, ssl.SSLContext) and first.context is not second.context
