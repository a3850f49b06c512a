"""kube-state-metrics' arguments as settings, and its page beside ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from exporter.migrate import MigrationError, compare, compare_pages, report, settings_for
from exporter.settings import read_settings
from exporter.web.server import serving
from tests.web.exporter import NOBODY, exporter_on, small_cluster


def settings(*arguments: str) -> Any:
    return yaml.safe_load(settings_for(arguments))


@pytest.mark.parametrize(
    ("argument", "collect"),
    [
        ("--resources=pods,nodes", {"resources": ["pods", "nodes"]}),
        ("--namespaces=a,b", {"namespaces": ["a", "b"]}),
        ("--namespaces-denylist=a", {"namespaces_denylist": ["a"]}),
        (
            "--metric-allowlist=kube_pod_.*,^kube_node_",
            {"metric_allowlist": ["kube_pod_.*", "^kube_node_"]},
        ),
        ("--metric-denylist=kube_pod_ips", {"metric_denylist": ["kube_pod_ips"]}),
        (
            "--metric-opt-in-list=kube_pod_nodeselectors",
            {"metric_opt_in_list": ["kube_pod_nodeselectors"]},
        ),
        (
            "--metric-labels-allowlist=pods=[app,app.kubernetes.io/*],nodes=[*]",
            {"labels_allow_list": {"pods": ["app", "app.kubernetes.io/*"], "nodes": ["*"]}},
        ),
        ("--metric-annotations-allowlist=*=[*]", {"annotations_allow_list": {"*": ["*"]}}),
        ("--node=n1", {"node": "n1"}),
        ("--track-unscheduled-pods", {"track_unscheduled_pods": True}),
        ("--track-unscheduled-pods=false", {"track_unscheduled_pods": False}),
        ("--total-shards=3", {"total_shards": 3}),
        ("--custom-resource-state-config-file=f", {"custom_resource_state_config_file": "f"}),
        ("--custom-resource-state-only", {"custom_resources_only": True}),
    ],
)
def test_each_flag_has_its_setting(argument: str, collect: dict[str, Any]) -> None:
    assert settings(argument) == {"collect": collect}


def test_a_value_may_stand_apart_and_one_dash_is_enough() -> None:
    assert settings("-shard", "1", "--total-shards", "2") == {
        "collect": {"shard": 1, "total_shards": 2}
    }


def test_ports_and_kubeconfig_move_to_their_sections() -> None:
    arguments = ("--kubeconfig=/etc/k", "--port=9090", "--telemetry-host=127.0.0.1", "--host=::")

    assert settings(*arguments) == {
        "discovery": [{"provider": "kubeconfig", "files": ["/etc/k"]}],
        "web": {"listen": ":9090"},
        "telemetry": {"listen": "127.0.0.1:8081"},
    }


@pytest.mark.parametrize(
    ("arguments", "web"),
    [
        (["--auth-filter"], {"kubernetes_authorization": True}),
        (["--auth-filter=false"], {"kubernetes_authorization": False}),
        (["--tls-config=/etc/web.yml"], {"web_config_file": "/etc/web.yml"}),
        (
            ["--auth-filter", "--tls-config", "web.yml", "--port=9090"],
            {
                "listen": ":9090",
                "web_config_file": "web.yml",
                "kubernetes_authorization": True,
            },
        ),
    ],
)
def test_who_may_scrape_stays_so(tmp_path: Path, arguments: list[str], web: dict[str, Any]) -> None:
    assert settings(*arguments) == {"web": web}
    (tmp_path / "settings.yaml").write_text(settings_for(arguments))
    read_settings(tmp_path / "settings.yaml")


def test_the_cluster_that_was_read_goes_on_to_review_scrapers() -> None:
    moved = settings("--auth-filter", "--kubeconfig=/etc/k")

    assert moved["web"] == {"kubernetes_authorization": {"kubeconfig": "/etc/k"}}


def test_what_needs_no_setting_is_told_in_a_comment() -> None:
    text = settings_for(["--enable-gzip-encoding", "--v=4"])

    assert text.startswith("# --enable-gzip-encoding: ")
    assert yaml.safe_load(text) == {}


def test_what_is_printed_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(settings_for(["--resources=pods", "--metric-labels-allowlist=pods=[*]"]))

    assert read_settings(file).collect.labels_allow_list == {"pods": ("*",)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--no-such-flag=1"], "--no-such-flag: is not known"),
        (["pods"], "pods: kube-state-metrics takes flags alone"),
        (["--shard"], "--shard: its value is missing"),
        (["--shard=one"], "--shard: "),
        (["--metric-labels-allowlist=pods"], "--metric-labels-allowlist: is written as"),
        (["--pod=x"], "--pod: shards are numbered here"),
    ],
)
def test_what_cannot_be_moved_is_named(arguments: list[str], said: str) -> None:
    with pytest.raises(MigrationError) as caught:
        settings_for(arguments)

    assert str(caught.value).startswith(said)


THEIRS = """\
# TYPE kube_pod_created gauge
kube_pod_created{namespace="a",pod="x"} 1.7e+09
kube_pod_created{namespace="a",pod="y"} 2
# TYPE kube_state_metrics_build_info gauge
kube_state_metrics_build_info 1
"""


def test_pages_that_say_the_same_do_not_differ() -> None:
    ours = (
        'kube_pod_created{cluster="c",pod="y",namespace="a"} 2\n'
        'kube_pod_created{cluster="c",pod="x",namespace="a"} 1700000000\n'
        'kube_fleet_cluster_up{cluster="c"} 1\n'
    )

    assert compare(THEIRS, ours) == []
    assert report([]) == "no difference\n"


def test_what_differs_is_counted_by_family_with_an_example() -> None:
    ours = 'kube_pod_created{cluster="c",pod="y",namespace="a"} 3\n'

    (one,) = compare(THEIRS, ours)

    assert (one.name, one.only_theirs, one.only_ours) == ("kube_pod_created", 2, 1)
    assert "kube_pod_created: 2 series only there, 1 only here" in report([one])


async def test_two_pages_are_read_and_compared(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": small_cluster("eu-1", "web-0")}) as exporter:
        await exporter.complete("eu-1")
        ours = "/clusters/eu-1/metrics?resources=pods,nodes"
        theirs = (await exporter.page(ours)).replace('cluster="eu-1",', "")
        async with serving([web.get("/metrics", of(theirs))], "127.0.0.1:0") as old:
            urls = (f"{old}/metrics", f"{exporter.metrics}{ours}")
            assert await compare_pages(*urls) == []

            differences = await compare_pages(urls[0], urls[1].removesuffix(",nodes"))
            assert {one.name.split("_")[1] for one in differences} == {"node"}


def of(text: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text=text)

    return page


async def test_a_page_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    async with exporter_on(tmp_path, {"eu-1": small_cluster("eu-1", "web-0")}) as exporter:
        for url in (NOBODY, f"{exporter.metrics}/clusters/nobody/metrics", "no url"):
            with pytest.raises(MigrationError) as caught:
                await compare_pages(url, url)

            assert str(caught.value).startswith(f"{url}: ")
