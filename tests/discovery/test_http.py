from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from exporter.discovery.declared import Allowed, Marks
from exporter.discovery.http import Http
from exporter.discovery.provider import Snapshot
from exporter.kubernetes.errors import CredentialsError
from exporter.sources import unheard
from tests.discovery.inventory import inventory
from tests.discovery.simulated_hub import TOKEN, Heard, authorization, heard, kubeconfig, only


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.discovery.http.INTERVAL", 0.01)


def entry(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "server": f"https://{name}:6443", **fields}


def names(snapshot: Snapshot) -> list[str]:
    return [cluster.name for cluster in snapshot]


def failures(provider: Heard) -> float:
    return provider.metric("failures_total", "http") or 0


async def test_each_entry_is_a_cluster() -> None:
    full = entry("eu-1", token=TOKEN, uid="123", maintenance=True, tls_server_name="inside")
    async with inventory() as server:
        server.say([full, entry("us-1")])
        async with heard(Http(url=f"{server.url}?key={TOKEN}")) as provider:
            eu, us = await provider.next()

    assert (eu.name, eu.provider, eu.source) == ("eu-1", "http", f"http {server.url}")
    assert eu.server is not None and eu.server.url == "https://eu-1:6443"
    assert eu.server.tls.server_name == "inside"
    assert await authorization(eu) == f"Bearer {TOKEN}"
    assert (eu.uid, eu.maintenance, us.maintenance) == ("123", True, False)


async def test_an_entry_may_be_a_whole_kubeconfig() -> None:
    text = yaml.safe_dump(kubeconfig("https://inside:6443"))
    async with inventory() as server:
        server.say([{"name": "eu-1", "kubeconfig": text}, entry("us-1", kubeconfig=text)])
        async with heard(Http(url=server.url)) as provider:
            eu, us = await provider.next()

    assert eu.server is not None and eu.server.url == "https://inside:6443"
    assert us.refusal is not None
    assert us.refusal.message.endswith("us-1: kubeconfig: there is a way besides; remove either")


async def test_clusters_that_come_change_and_go_are_followed() -> None:
    async with inventory() as server:
        server.say([entry("eu-1")], etag='"1"')
        async with heard(Http(url=server.url)) as provider:
            first = await provider.next()
            await provider.silent_until(lambda: len(server.asked) > 3)
            server.say([entry("eu-1", token="new"), entry("us-1")], etag='"2"')
            second = await provider.next()
            server.say([], etag='"3"')
            third = await provider.next()

    assert (names(first), names(second), third) == (["eu-1"], ["eu-1", "us-1"], ())
    assert first[0].digest != second[0].digest


@pytest.mark.parametrize(
    "document",
    [
        b"<html>",
        b'{"clusters": []}',
        b"[" * 100_000,
        ["eu-1"],
        [entry("eu-1"), {"server": "https://nameless"}],
        [entry("eu-1"), {"name": "a\nb"}],
        [entry("eu-1"), {"name": 5}],
    ],
)
async def test_a_document_that_cannot_be_used_leaves_the_last_in_force(document: Any) -> None:
    async with inventory() as server:
        server.say([entry("eu-1")], etag='"1"')
        async with heard(Http(url=server.url)) as provider:
            await provider.next()
            server.say(document, etag='"2"')
            await provider.silent_until(lambda: failures(provider) > 2)
            assert provider.metric("up", "http") == 0
            server.say([entry("us-1")], etag='"3"')
            assert names(await provider.next()) == ["us-1"]
            await provider.silent_until(lambda: provider.metric("up", "http") == 1)


async def test_a_server_that_was_away_and_says_the_same_is_no_news() -> None:
    async with inventory() as server:
        server.say([entry("eu-1")], etag='"1"')
        async with heard(Http(url=server.url)) as provider:
            await provider.next()
            server.token = "another"
            await provider.silent_until(lambda: failures(provider) > 0)
            server.token = ""
            await provider.silent_until(lambda: provider.metric("up", "http") == 1)


@pytest.mark.parametrize(
    ("fields", "condition", "message"),
    [
        ({"token_file": "/etc/passwd"}, "refused-by-policy", "allow.file_paths: true permits it"),
        ({"server": "https://127.0.0.1"}, "refused-by-policy", "allow.local_addresses: true"),
        ({"server": "http://eu-1"}, "refused-by-policy", "allow.insecure_tls: true permits it"),
        ({"insecure_skip_tls_verify": True}, "refused-by-policy", "allow.insecure_tls: true"),
        ({"proxy_url": "http://p"}, "refused-by-policy", "allow.proxy: true permits it"),
        ({"token": "", "gke": {}}, "refused-by-policy", "allow.native: [gke] permits it"),
        ({"kubeconfig": "{}", "server": "", "gke": {}}, "unauthorized", "there is a way besides"),
        ({"server": 5}, "unauthorized", "Expected `str`, got `int` - at `$.server`"),
        ({"tokn": TOKEN}, "unauthorized", "Object contains unknown field `tokn`"),
        ({"a\n" * 500: 1}, "unauthorized", "unknown field `a\\n"),
    ],
)
async def test_an_entry_that_is_not_used_is_listed_and_the_others_go_on(
    fields: dict[str, Any], condition: str, message: str
) -> None:
    async with inventory() as server:
        server.say([entry("eu-1", **fields), entry("us-1")])
        async with heard(Http(url=server.url)) as provider:
            eu, us = await provider.next()

    assert eu.refusal is not None and eu.server is None
    assert eu.refusal.condition == condition
    assert message in eu.refusal.message
    assert TOKEN not in repr(eu) and "\n" not in eu.refusal.message
    assert len(eu.refusal.message) < 500
    assert us.refusal is None


async def test_what_entries_may_do_is_up_to_the_settings() -> None:
    async with inventory() as server:
        server.say([entry("eu-1", server="http://127.0.0.1:8001")])
        allow = Allowed(local_addresses=True, insecure_tls=True)
        async with heard(Http(url=server.url, allow=allow)) as provider:
            cluster = only(await provider.next())

    assert cluster.refusal is None


async def test_only_labels_that_are_mapped_become_labels() -> None:
    labels = {"region": "eu", "cost": "9", "down": "true"}
    async with inventory() as server:
        server.say([entry("eu-1", labels=labels)])
        declared = Http(url=server.url, labels={"region": "region"}, marks=Marks("down"))
        async with heard(declared) as provider:
            cluster = only(await provider.next())

    assert cluster.labels == {"region": "eu"}
    assert cluster.maintenance


@pytest.mark.parametrize("mark", ["maintenance", "virtual", "hibernated"])
async def test_a_mark_may_be_a_field_or_a_label(mark: str) -> None:
    async with inventory() as server:
        marked = [entry("field", **{mark: True}), entry("label", labels={"x": "1"}), entry("none")]
        server.say(marked)
        async with heard(Http(url=server.url, marks=Marks(**{mark: "x"}))) as provider:
            snapshot = await provider.next()

    assert [getattr(cluster, mark) for cluster in snapshot] == [True, True, False]


async def test_two_entries_of_one_name_are_both_told() -> None:
    async with inventory() as server:
        server.say([entry("eu-1"), entry("eu-1", server="https://other")])
        async with heard(Http(url=server.url)) as provider:
            assert names(await provider.next()) == ["eu-1", "eu-1"]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("inventory", "url: is no URL like https://host/path"),
        ("ftp://inventory", "url: is no URL like https://host/path"),
        ("https://me:hunter2@inventory", "url: must hold no user name or password"),
        ("https://hunter2@inventory", "url: must hold no user name or password"),
    ],
)
def test_a_url_that_cannot_be_asked_is_refused(url: str, problem: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=problem) as caught:
        msgspec.convert({"provider": "http", "url": url}, Http)

    assert "hunter2" not in str(caught.value)


def test_files_for_the_url_have_to_be_there_at_the_start(tmp_path: Path) -> None:
    declared = Http(url="https://inventory", token_file=str(tmp_path / "absent"))

    with pytest.raises(CredentialsError, match="absent: No such file"):
        unheard(declared).check()
