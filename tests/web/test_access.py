import base64
import logging
from pathlib import Path

import bcrypt
import pytest
import trustme
from aiohttp.resolver import ThreadedResolver

from exporter.kubernetes.errors import KubeconfigError
from exporter.telemetry import Telemetry
from exporter.web import reviews
from exporter.web.access import PREFIX, Hub, Wanted, access
from exporter.web.web_config import WebConfigError
from tests.web.certificates import client, fresh, web_config, write, write_pair
from tests.web.raw import answered
from tests.web.reviewer import PERMISSIONS, TOKENS, Reviewer, guarded, reviewed

PASSWORD = "hunter2-of-alice"
BASIC = "Basic " + base64.b64encode(f"alice:{PASSWORD}".encode()).decode()


def users(folder: Path, **rest: str) -> Wanted:
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    file = folder / "web.yml"
    lines = [f"basic_auth_users: {{alice: {hashed}}}", *(f"{k}: {v}" for k, v in rest.items())]
    file.write_text("\n".join(lines))
    return Wanted(str(file))


def scraper() -> Reviewer:
    """Alice may get /metrics, bob is known and may nothing."""
    return Reviewer({"of-alice": "alice", "of-bob": "bob"}, {("alice", "get", "/metrics")})


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "PAUSES", ())


async def test_without_anything_wanted_everybody_may_ask() -> None:
    async with guarded(Wanted()) as port:
        assert port.url.startswith("http://")
        assert await port.status("/metrics") == 200


async def test_users_name_themselves(tmp_path: Path) -> None:
    async with guarded(users(tmp_path)) as port:
        status, text, headers = await port.ask("/metrics")
        assert (status, text) == (401, "unauthorized\n")
        assert headers["WWW-Authenticate"].startswith("Basic ")
        assert await port.status("/metrics", Authorization=BASIC + "x") == 401
        assert await port.status("/metrics", Authorization=BASIC) == 200
        assert await port.status("/livez") == 200


async def test_scrapers_are_reviewed(tmp_path: Path) -> None:
    async with reviewed(scraper(), tmp_path) as port:
        status, text, headers = await port.ask("/metrics")
        assert (status, text) == (401, "unauthorized\n")
        assert headers["WWW-Authenticate"] == "Bearer"
        for token, path, expected in (
            ("of-nobody", "/metrics", 401),
            ("of-bob", "/metrics", 403),
            ("of-alice", "/metrics", 200),
            ("of-alice", "/metrics/", 403),
            ("of-alice", "/-/healthy", 403),
            ("of-alice", "/nowhere", 403),
        ):
            asked = await port.status(path, Authorization=f"Bearer {token}")
            assert (token, path, asked) == (token, path, expected)

        counted = port.telemetry.page().decode()

    assert 'requests_refused_total{code="401"} 2.0' in counted
    assert 'requests_refused_total{code="403"} 4.0' in counted


@pytest.mark.parametrize(
    ("method", "verb"), [("GET", "get"), ("HEAD", "get"), ("POST", "post"), ("PURGE", "purge")]
)
async def test_the_verb_is_the_method_s(tmp_path: Path, method: str, verb: str) -> None:
    reviewer = Reviewer({"t": "alice"}, {("alice", verb, "/-/reload")})
    async with reviewed(reviewer, tmp_path) as port:
        allowed = await port.status("/-/reload", method, Authorization="Bearer t")

    assert reviewer.asked[-1][1]["nonResourceAttributes"]["verb"] == verb
    assert allowed == (200 if method == "POST" else 405)


async def test_the_path_is_the_one_that_is_answered(tmp_path: Path) -> None:
    """A right to one cluster's page is none to that of a cluster whose name holds a slash."""
    reviewer = Reviewer({"t": "alice"})
    async with reviewed(reviewer, tmp_path) as port:
        for path in ("/%6detrics?cluster=a", "/clusters/a%2Fb/metrics"):
            assert await port.status(path, Authorization="Bearer t") == 403

    paths = [spec["nonResourceAttributes"]["path"] for to, spec in reviewer.asked if to != TOKENS]
    assert paths == ["/metrics", "/clusters/a%2Fb/metrics"]


@pytest.mark.parametrize(
    "path", ["/api/v1/clusters", "/api", "/api/", "/apis/x", "/version", "/healthz", "/livez/"]
)
async def test_what_kubernetes_lets_everybody_read_of_itself_is_not_open_here(
    tmp_path: Path, path: str
) -> None:
    """Its role system:discovery, for all who have any token, knows paths and not whose they are."""
    reviewer = Reviewer({"t": "alice"}, {("alice", "get", path)})
    async with reviewed(reviewer, tmp_path) as port:
        assert await port.status(path, Authorization="Bearer t") == 403
        assert reviewer.asked[-1][1]["nonResourceAttributes"]["path"] == PREFIX + path


@pytest.mark.parametrize(
    "sent",
    ["of-alice", "Bearer", "Bearer ", "Basic of-alice", "Bearer of alice", "Bearer of-alice,x",
     "Bearer \xff", "Bearer of-alice, Bearer of-alice"],
)  # fmt: skip
async def test_what_is_no_bearer_token_is_not_even_reviewed(tmp_path: Path, sent: str) -> None:
    reviewer = scraper()
    async with reviewed(reviewer, tmp_path) as port:
        assert await port.status("/metrics", Authorization=sent) == 401

    assert reviewer.asked == []


async def test_of_two_authorizations_nobody_knows_the_right_one(tmp_path: Path) -> None:
    reviewer = scraper()
    async with reviewed(reviewer, tmp_path) as port:
        head = b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        given = b"Authorization: Bearer of-alice\r\n"
        assert (await answered(port.url, head + given + b"\r\n")).startswith(b"HTTP/1.1 200")
        assert (await answered(port.url, head + given * 2 + b"\r\n")).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("fault", [500, 403, 401])
async def test_nobody_is_let_in_while_nobody_can_be_reviewed(tmp_path: Path, fault: int) -> None:
    reviewer = scraper()
    async with reviewed(reviewer, tmp_path) as port:
        reviewer.faults += [fault] * 2
        status, text, _ = await port.ask("/metrics", Authorization="Bearer of-alice")
        assert (status, text) == (503, "scrapers cannot be reviewed now\n")
        assert await port.status("/livez") == 200
        del reviewer.faults[:]
        assert await port.status("/metrics", Authorization="Bearer of-alice") == 200


async def test_what_was_allowed_lasts_while_the_api_server_is_away(tmp_path: Path) -> None:
    reviewer = scraper()
    async with reviewed(reviewer, tmp_path) as port:
        assert await port.status("/metrics", Authorization="Bearer of-alice") == 200
        reviewer.faults += [500] * 10
        assert await port.status("/metrics", Authorization="Bearer of-alice") == 200
        assert await port.status("/metrics", Authorization="Bearer of-bob") == 503


async def test_a_right_that_was_taken_away_lasts_as_long_as_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer = scraper()
    async with reviewer.serving(tmp_path) as kubeconfig:
        async with guarded(Wanted(hub=Hub(str(kubeconfig)))) as port:
            assert await port.status("/metrics", Authorization="Bearer of-alice") == 200
            reviewer.allowed.clear()
            assert await port.status("/metrics", Authorization="Bearer of-alice") == 200

        monkeypatch.setattr(reviews, "ALLOWED", 0)
        reviewer.allowed.add(("alice", "get", "/metrics"))
        async with guarded(Wanted(hub=Hub(str(kubeconfig)))) as port:
            assert await port.status("/metrics", Authorization="Bearer of-alice") == 200
            reviewer.allowed.clear()
            assert await port.status("/metrics", Authorization="Bearer of-alice") == 403


async def test_a_certificate_and_a_right_are_both_needed(tmp_path: Path) -> None:
    server, clients = trustme.CA(), trustme.CA()
    write_pair(tmp_path, server)
    write(tmp_path / "ca.crt", clients.cert_pem.bytes())
    required = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "ca.crt"}
    config = web_config(tmp_path, required)
    reviewer = scraper()
    known = client(server, clients.issue_cert("prometheus"))
    async with reviewer.serving(tmp_path) as kubeconfig:
        wanted = Wanted(config, Hub(str(kubeconfig)))
        async with guarded(wanted, fresh(known)) as port:
            assert await port.status("/metrics") == 401
            assert await port.status("/metrics", Authorization="Bearer of-alice") == 200

        before = len(reviewer.asked)
        async with guarded(wanted, fresh(client(server))) as port:
            assert await port.status("/metrics", Authorization="Bearer of-alice") == 403

    assert len(reviewer.asked) == before, "who brings no certificate is not reviewed"


async def test_too_many_requests_are_told_so_and_probes_are_not_counted(tmp_path: Path) -> None:
    wanted = users(tmp_path, rate_limit="{interval: 1h, burst: 2}")
    async with guarded(wanted) as port:
        statuses = [await port.status("/metrics") for _ in range(4)]
        probes = [await port.status("/livez") for _ in range(4)]

    assert statuses == [401, 401, 429, 429]
    assert probes == [200] * 4


async def test_the_user_s_headers_are_on_every_answer(tmp_path: Path) -> None:
    headers = "{headers: {Strict-Transport-Security: max-age=1, X-Frame-Options: sameorigin}}"
    async with guarded(users(tmp_path, http_server_config=headers)) as port:
        for path, method, authorization in (
            ("/metrics", "GET", BASIC),
            ("/metrics", "GET", ""),
            ("/nowhere", "GET", BASIC),
            ("/metrics", "DELETE", BASIC),
        ):
            _, _, got = await port.ask(path, method, Authorization=authorization)
            assert got.getall("Strict-Transport-Security") == ["max-age=1"]  # type: ignore[attr-defined]  # a multidict
            assert got.getall("X-Frame-Options") == ["sameorigin"]  # type: ignore[attr-defined]  # a multidict
            assert got["X-Content-Type-Options"] == "nosniff"


async def test_users_and_reviews_exclude_each_other(tmp_path: Path) -> None:
    async with scraper().serving(tmp_path) as kubeconfig:
        wanted = Wanted(users(tmp_path).web_config_file, Hub(str(kubeconfig)))
        with pytest.raises(WebConfigError, match="exclude each other"):
            async with access(wanted, Telemetry(), ThreadedResolver()):
                pass


async def test_a_hub_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    wanted = Wanted(hub=Hub(str(tmp_path / "nowhere")))
    with pytest.raises(KubeconfigError, match="nowhere"):
        async with access(wanted, Telemetry(), ThreadedResolver()):
            pass


async def test_what_is_wanted_may_change(tmp_path: Path) -> None:
    async with scraper().serving(tmp_path) as kubeconfig, guarded(Wanted()) as port:
        assert await port.status("/metrics") == 200
        await port.access.change(await port.access.prepared(users(tmp_path)))
        assert await port.status("/metrics") == 401
        hub = Wanted(hub=Hub(str(kubeconfig)))
        await port.access.change(await port.access.prepared(hub))
        assert await port.status("/metrics", Authorization=BASIC) == 401
        assert await port.status("/metrics", Authorization="Bearer of-alice") == 200
        asked = port.access._reviews
        await port.access.change(await port.access.prepared(hub))
        assert port.access._reviews is asked, "what it knows stays"
        await port.access.change(await port.access.prepared(Wanted()))
        assert await port.status("/metrics") == 200


async def test_only_a_restart_switches_to_tls(tmp_path: Path) -> None:
    write_pair(tmp_path, trustme.CA())
    async with guarded(Wanted()) as port:
        prepared = await port.access.prepared(Wanted(web_config(tmp_path)))
        with pytest.raises(WebConfigError, match="only a restart switches between http and https"):
            await port.access.change(prepared)

        assert await port.status("/metrics") == 200


async def test_no_secret_is_in_logs_answers_or_metrics(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    said = ""
    wanted = users(tmp_path)
    hashed = Path(wanted.web_config_file).read_text().partition("$")[2][:40]
    async with guarded(wanted) as port:
        for authorization in (BASIC, BASIC[:-3], "Basic hunter2", "hunter2"):
            said += str(await port.ask("/metrics", Authorization=authorization))

        said += port.telemetry.page().decode()

    reviewer = Reviewer({"hunter2": "alice"}, {("alice", "get", "/metrics")})
    async with reviewed(reviewer, tmp_path) as port:
        for token in ("hunter2", "hunter2-x", "hunter2 x"):
            said += str(await port.ask("/metrics", Authorization=f"Bearer {token}"))

        reviewer.faults += [403, 500]
        said += str(await port.ask("/metrics", Authorization="Bearer hunter2-y"))
        said += port.telemetry.page().decode()

    assert reviewer.count(PERMISSIONS) == 1
    printed = capsys.readouterr()
    said += caplog.text + printed.out + printed.err
    for secret in ("hunter2", BASIC.split()[1], hashed):
        assert secret not in said
