import asyncio
import json
import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import trustme
from aiohttp import web

from exporter import app
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.kubernetes.errors import KubeconfigError
from exporter.reload import Origin
from exporter.settings import (
    Collect,
    Events,
    KubernetesAuthorization,
    Settings,
    SettingsError,
    Telemetry,
    Web,
)
from exporter.telemetry import Telemetry as Measured
from exporter.web.server import AddressError, serving
from tests.web.certificates import client, fresh, web_config, write_pair
from tests.web.exporter import NOBODY, exporter_on, kubeconfig, small_cluster, until
from tests.web.reviewer import Reviewer
from tests.workers.told import Told

HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
"""Of a password that nobody uses; exporter-toolkit's own example."""


async def test_only_the_chosen_resources_are_read(tmp_path: Path) -> None:
    server = small_cluster("eu-1", "web-0")
    settings = Settings(collect=Collect(resources=("nodes",)), events=Events(enabled=False))
    async with exporter_on(tmp_path, {"eu-1": server}, settings) as exporter:
        await exporter.complete("eu-1")
        page = await exporter.page("/metrics")

    lists = {request.target.path_resource for request in server.requests if request.target}
    assert lists <= {"nodes", "namespaces"}  # the identity of a cluster is a namespace's
    assert "kube_node_created{" in page
    assert "kube_pod_" not in page
    assert "kube_namespace_" not in page


@pytest.mark.parametrize(
    ("collect", "shown", "hidden"),
    [
        (Collect(metric_denylist=("^kube_pod_",)), "kube_node_created", "kube_pod_created"),
        (Collect(metric_allowlist=("kube_pod_info",)), "kube_pod_info", "kube_pod_created"),
        (Collect(labels_allow_list={"nodes": ("zone",)}), 'label_zone="a"', "label_secret"),
        (Collect(annotations_allow_list={"nodes": ("*",)}), 'annotation_note="b"', "label_zone"),
        (Collect(), "kube_pod_created", "label_zone"),
    ],
)
async def test_the_settings_choose_families_and_labels(
    tmp_path: Path, collect: Collect, shown: str, hidden: str
) -> None:
    server = small_cluster("eu-1", "web-0")
    labels, annotations = {"zone": "a", "secret": "hunter2"}, {"note": "b"}
    server.put("nodes", {"metadata": {"name": "n", "labels": labels, "annotations": annotations}})
    async with exporter_on(tmp_path, {"eu-1": server}, Settings(collect=collect)) as exporter:
        await exporter.complete("eu-1")
        page = await exporter.page("/metrics")

    assert shown in page
    assert hidden not in page


async def test_clusters_come_and_go_with_the_kubeconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.discovery.watched_files.LOOK", 0.01)
    new = small_cluster("us-1", "web-0")
    async with (
        new.serving() as url,
        exporter_on(tmp_path, {"eu-1": small_cluster("eu-1")}) as exporter,
    ):
        await exporter.complete("eu-1")
        replace(tmp_path / "kubeconfig", kubeconfig({"us-1": url}))
        await exporter.complete("us-1")
        targets = json.loads(await exporter.page("/sd"))
        page = await exporter.page("/metrics")

    assert [target["labels"]["cluster"] for target in targets] == ["us-1"]
    assert 'cluster="eu-1"' not in page


async def test_a_kubeconfig_that_is_spoilt_while_it_runs_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exporter.discovery.watched_files.LOOK", 0.01)
    async with exporter_on(tmp_path, {"eu-1": small_cluster("eu-1", "web-0")}) as exporter:
        await exporter.complete("eu-1")
        replace(tmp_path / "kubeconfig", "contexts: 5")

        async def is_counted() -> bool:
            page = (await exporter.ask(f"{exporter.telemetry}/metrics")).text
            return (
                'discovery_failures_total{provider="kubeconfig",source="kubeconfig"} 1.0\n' in page
            )

        await until(is_counted)
        page = await exporter.page("/metrics")

    assert 'kube_pod_info{cluster="eu-1"' in page


def replace(file: Path, text: str) -> None:
    """All of it at once, as editors and the kubelet do."""
    new = file.with_suffix(".new")
    new.write_text(text)
    new.replace(file)


async def test_after_it_ended_nobody_is_connected_and_nobody_listens(tmp_path: Path) -> None:
    server = small_cluster("eu-1", "web-0")
    async with server.serving() as url:
        async with exporter_on(tmp_path, {"eu-1": url}) as exporter:
            await exporter.complete("eu-1")

        async def is_left_alone() -> bool:
            return not server.open_watches.total()

        await until(is_left_alone)

    async with aiohttp.ClientSession() as session:
        for url in (exporter.metrics, exporter.telemetry):
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(url)


class Lingering:
    """An exporter that takes its time to end."""

    def __init__(self) -> None:
        self.clusters = Told()
        self.telemetry = Measured()
        self.urls: list[str] = []
        self.closed: list[bool] = []
        self.begun = asyncio.Event()

    async def page(self) -> bytes:
        return self.telemetry.page()

    async def apply(self, settings: Settings) -> None:
        """Nothing differs."""

    async def run(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.closed.extend([await refuses_connections(url) for url in self.urls])


async def test_the_ports_close_while_what_runs_is_still_ending() -> None:
    """Each may take its seconds, and the process has to end within five."""
    settings = Settings(web=Web("127.0.0.1:0"), telemetry=Telemetry("127.0.0.1:0"))
    exporter = Lingering()
    async with app.listening(settings, Origin(lambda: settings), exporter) as ports:
        exporter.urls += ports
        await exporter.begun.wait()

    assert exporter.closed == [True, True]


async def refuses_connections(url: str) -> bool:
    """Within a while."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(5):
        while True:
            try:
                async with session.get(f"{url}/-/healthy"):
                    await asyncio.sleep(0.01)
            except aiohttp.ClientConnectorError:
                return True


METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE")


def all_paths(routes: Sequence[web.RouteDef]) -> set[str]:
    """Those of the routes and others that look like them."""
    paths = {re.sub(r"\{.*?\}", "eu-1", route.path) for route in routes}
    assert {"/livez", "/readyz", "/metrics"} <= paths
    near = {f"{path}/" for path in paths} | {f"/{path}" for path in paths}
    near |= {path.upper() for path in paths} | {f"{path}/.." for path in paths}
    near |= {"/" + path[1:].replace("/", "%2F") for path in paths} | {
        f"/livez/..{path}" for path in paths
    }
    return (paths | near | {"/nowhere", "/debug/pprof", "/livez%2F", "/livez;a"}) - {
        "/livez",
        "/readyz",
    }


@pytest.mark.parametrize("way", ["users", "reviews"])
async def test_no_path_of_either_port_is_open_but_the_probes_and_none_tells_whether_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    served: list[Sequence[web.RouteDef]] = []

    def remembering(routes: Sequence[web.RouteDef], *rest: Any) -> AbstractAsyncContextManager[str]:
        served.append(routes)
        return serving(routes, *rest)

    monkeypatch.setattr(app, "serving", remembering)
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{alice: {HASH}}}")
    async with Reviewer().serving(tmp_path) as hub:
        guarded = {
            "users": Web(web_config_file=str(tmp_path / "web.yml"), lifecycle=True),
            "reviews": Web(
                kubernetes_authorization=KubernetesAuthorization(str(hub)), lifecycle=True
            ),
        }
        settings = Settings(web=guarded[way])
        async with exporter_on(tmp_path, {"eu-1": NOBODY}, settings) as exporter:
            for url, routes in zip((exporter.metrics, exporter.telemetry), served, strict=True):
                answers = [
                    (await exporter.ask(url + path, method), method)
                    for path in sorted(all_paths(routes))
                    for method in METHODS
                ]
                probes = [await exporter.ask(url + path) for path in ("/livez", "/readyz?verbose")]
                assert [probe.status for probe in probes] == [200, 200]
                assert {(answer.status, answer.body) for answer, method in answers} == {
                    (401, b"unauthorized\n"),
                    (401, b""),
                }
                assert {method for answer, method in answers if not answer.body} == {"HEAD"}
                alike = {
                    tuple((name, value) for name, value in answer.headers.items() if name != "Date")
                    for answer, _ in answers
                }
                assert len(alike) == 1


async def test_who_is_let_in_is_a_setting_that_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{alice: {HASH}}}")
    replace(tmp_path / "kubeconfig", kubeconfig({"eu-1": NOBODY}))
    lifecycle = Web("127.0.0.1:0", lifecycle=True)
    settings = msgspec.structs.replace(settings_for(tmp_path / "kubeconfig"), web=lifecycle)
    now = [settings]
    async with (
        app.serve(settings, Origin(lambda: now[0])) as served,
        aiohttp.ClientSession() as session,
    ):

        async def status(path: str, method: str = "GET") -> int:
            async with session.request(method, served.metrics + path) as answer:
                return answer.status

        spoilt = msgspec.structs.replace(lifecycle, web_config_file=str(tmp_path / "nowhere"))
        now[0] = msgspec.structs.replace(settings, web=spoilt)
        assert await status("/-/reload", "POST") == 500
        assert await status("/") == 200
        write_pair(tmp_path, trustme.CA())
        by_tls = msgspec.structs.replace(
            lifecycle, web_config_file=web_config(tmp_path, name="tls")
        )
        now[0] = msgspec.structs.replace(settings, web=by_tls, cluster_label="fleet_member")
        assert await status("/-/reload", "POST") == 500, "only a restart can do that"
        async with session.get(f"{served.metrics}/metrics/fleet") as answer:
            assert "fleet_member" not in await answer.text(), "all of it, or nothing"

        users = msgspec.structs.replace(lifecycle, web_config_file=str(tmp_path / "web.yml"))
        now[0] = msgspec.structs.replace(settings, web=users)
        assert await status("/-/reload", "POST") == 200
        assert await status("/") == 401
        assert await status("/-/reload", "POST") == 401


async def test_by_tls_both_ports_are_served_and_targets_say_so(tmp_path: Path) -> None:
    authority = trustme.CA()
    write_pair(tmp_path, authority)
    replace(tmp_path / "kubeconfig", kubeconfig({"eu-1": NOBODY}))
    settings = msgspec.structs.replace(
        settings_for(tmp_path / "kubeconfig"),
        web=Web("127.0.0.1:0", web_config_file=web_config(tmp_path)),
    )
    async with (
        app.serve(settings) as served,
        aiohttp.ClientSession(connector=fresh(client(authority))) as session,
    ):

        async def are_listed() -> bool:
            async with session.get(f"{served.metrics}/sd") as answer:
                return answer.status == 200

        await until(are_listed)
        async with session.get(f"{served.metrics}/sd") as answer:
            (target,) = await answer.json()

        async with session.get(f"{served.telemetry}/metrics") as answer:
            assert answer.status == 200

    assert target["labels"]["__scheme__"] == "https"


async def test_a_web_configuration_that_cannot_be_used_is_refused_before_anything_starts(
    tmp_path: Path,
) -> None:
    replace(tmp_path / "kubeconfig", kubeconfig({"eu-1": NOBODY}))
    (tmp_path / "web.yml").write_text("users: {}")
    settings = msgspec.structs.replace(
        settings_for(tmp_path / "kubeconfig"),
        web=Web("127.0.0.1:0", web_config_file=str(tmp_path / "web.yml")),
    )
    with pytest.raises(SettingsError, match=r"web\.yml: users: unknown key"):
        async with app.serve(settings):
            pass


def settings_for(file: Path, listen: str = "127.0.0.1:0") -> Settings:
    return Settings(
        discovery=(Kubeconfig((str(file),)),),
        web=Web(listen),
        telemetry=Telemetry("127.0.0.1:0"),
    )


async def test_a_kubeconfig_that_cannot_be_used_is_refused_before_anything_starts(
    tmp_path: Path,
) -> None:
    with pytest.raises(KubeconfigError):
        async with app.serve(settings_for(tmp_path / "absent")):
            pass


async def test_an_address_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    replace(tmp_path / "kubeconfig", kubeconfig({"eu-1": NOBODY}))

    with pytest.raises(AddressError):
        async with app.serve(settings_for(tmp_path / "kubeconfig", listen="nonsense")):
            pass
