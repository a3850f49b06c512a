import re
import socket
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families

from exporter.web.server import AddressError, serving
from tests.web.exporter import NOBODY, exporter_on, small_cluster


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


ROUTES = [web.get("/", hello)]


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"])
async def test_port_0_picks_a_free_port_and_the_url_says_which(address: str) -> None:
    async with serving(ROUTES, address) as url, aiohttp.ClientSession() as session:
        host = "127.0.0.1" if "[" not in address else "[::1]"
        port = url.rpartition(":")[2]
        async with session.get(f"http://{host}:{port}/") as answer:
            text = await answer.text()

    assert text == "hello"
    assert re.fullmatch(r"http://(\[::1\]|[\w.-]+):[1-9]\d*", url)


@pytest.mark.parametrize("address", ["", "8080", "localhost", "localhost:", "a:b", "a:8080x", "::"])
async def test_what_is_no_address_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(AddressError, match=r"an address is HOST:PORT, such as 127\.0\.0\.1:8080"):
        async with serving(ROUTES, address):
            pass


@pytest.mark.parametrize(
    "address", ["127.0.0.1:70000", "nowhere.invalid:8080", "192.0.2.1:8080", "a..b:80"]
)
async def test_an_address_that_is_not_ours_is_named(address: str) -> None:
    with pytest.raises(AddressError) as caught:
        async with serving(ROUTES, address):
            pass

    assert str(caught.value).startswith(f"cannot listen on {address}: ")
    assert "\n" not in str(caught.value)


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(AddressError) as caught:
            async with serving(ROUTES, address):
                pass

    assert str(caught.value).startswith(f"cannot listen on {address}: ")
    assert "in use" in str(caught.value)


async def test_after_the_block_the_port_is_free_again() -> None:
    async with serving(ROUTES, "127.0.0.1:0") as url:
        port = int(url.rpartition(":")[2])

    with socket.create_server(("127.0.0.1", port)):
        pass


async def test_the_telemetry_port_shows_the_exporter_itself(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": small_cluster("eu-1", "web-0")}) as exporter:
        await exporter.complete("eu-1")
        answer = await exporter.ask(f"{exporter.telemetry}/metrics")

    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert {"process_resident_memory_bytes", "kube_fleet_exporter_build_info"} <= names
    assert 'kube_fleet_exporter_scrape_duration_seconds_count{path="/clusters"}' in answer.text
    assert "kube_pod_" not in answer.text


async def test_the_telemetry_port_can_be_probed(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        paths = ("/-/healthy", "/livez", "/-/ready", "/readyz")
        answers = [await exporter.ask(exporter.telemetry + path) for path in paths]

    assert [answer.status for answer in answers] == [200, 200, 200, 200]


async def test_scrapes_are_counted(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": small_cluster("eu-1", "web-0")}) as exporter:
        await exporter.complete("eu-1")
        page = await exporter.get("/metrics", Accept_Encoding="gzip")
        plain = await exporter.get("/metrics?collect[]=nodes")
        answer = await exporter.ask(f"{exporter.telemetry}/metrics")

    counted = re.search(r'scrape_bytes_total{path="/metrics"} ([\d.e+]+)', answer.text)
    assert counted is not None
    assert float(counted[1]) > len(page.body) + len(plain.body)
    assert 'scrape_duration_seconds_count{path="/metrics"} 2.0' in answer.text


async def test_a_path_that_is_not_served_is_not_found(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": NOBODY}) as exporter:
        paths = ("/metrics/", "/clusters", "/clusters//metrics", "/federate/", "/..%2fetc/passwd")
        answers = [await exporter.get(path) for path in paths]

    assert {answer.status for answer in answers} == {404}
