"""Our /federate beside that of a real Prometheus which has scraped everything from us."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.controlplane.binaries import built
from tests.controlplane.deadline import eventually
from tests.controlplane.prometheus_server import started_prometheus
from tests.web.exporter import exporter_on, recorded_cluster, small_cluster
from tests.web.federated import path, series_of

pytestmark = [pytest.mark.controlplane, pytest.mark.timeout(120)]

CHOOSING = (
    "kube_pod_info",
    '{__name__=~"kube_pod_.+",cluster="eu-1"}',
    '{__name__="kube_node_info",cluster!~"eu.*"}',
    '{"kube_pod_status_phase", phase=~"Run.*|Pending", pod!~`core.*`}',
    'kube_pod_info{namespace!="default",host_network="true"}',
    '{__name__=~"kube_.+",namespace=~"kube.*",pod=""}',
    '{__name__=~"kube_(pod|node)_.+",no_such=~".*"}',
    'kube_pod_info{no_such!=""}',
    'kube_pod_labels{label_app=~".+"}',
    "{__name__=~'(?i)KUBE_node_.*', __name__!='kube_node_info'}",
    "kube_fleet_cluster_up # which are up",
)
"""All choose among `kube_*` or what does not change, so that both have the same at any time."""

SELECTORS = (
    *CHOOSING,
    *("", " ", "1", "up)", "up down", "up + 1", "(up)", "sum(up)", "-up", "$x"),
    *("up[5m]", "up offset 5m", "up @ 1", "up{", "up}", "up{,}", "up{a='b',}", "up{a='b',,}"),
    *("by", "sum", "and", "offset", "start", "bool", "on", "ignoring", "group_left", "atan2"),
    *("Inf", "NaN", "a:b", ":a", "1a", "é", "{é='x'}", "{'é'='x'}", "{on='x'}", "{inf='x'}"),
    *("{a}", "{a:b='c'}", "{1a='b'}", "{a=b}", "{a=='b'}", "{a= ~'b'}", "{a\n=\n'b'}"),
    *("{'a','b'}", "{'a',b='c'}", "{'a'=}", "{a='b' or c='d'}", "{a='b' c='d'}"),
    *("{a='b\n'}", "{a=`b\n`}", "{a=`\\`}", "{a='b}", "{a='b'", "{a='b'}}", "{a='b'}#", "#\nup"),
    *(r"{a='\q'}", r"{a='\x4'}", r"{a='\x41'}", r"{a='\400'}", r"{a='\ud800'}", r"{a='\u00e9'}"),
    *("{a=~'('}", "{a=~'b**'}", "{a=~'(?=b)'}", "{a=~'x{1001}'}", r"{a=~'\\8'}", r"{a=~'\\pL'}"),
    *("{a=~'(?P<n>b)'}", "{a=~'[[:word:]]+'}", r"{a=~'\\Qb\\E'}", r"{a=~'\\Z'}", "{a=~'(?<n>b)'}"),
)
"""Whatever might be one. Those that choose too much are not here: Prometheus takes them here, and
refuses them everywhere else."""


async def test_prometheus_chooses_the_same(tmp_path: Path) -> None:
    built("prometheus")
    clusters = {"eu-1": recorded_cluster("eu-1"), "us-1": small_cluster("us-1", "web-0", "web-1")}
    async with exporter_on(tmp_path, clusters) as exporter:
        await exporter.complete("eu-1", "us-1")
        job = {
            "job_name": "all",
            "honor_labels": True,
            "static_configs": [{"targets": [urlsplit(exporter.metrics).netloc]}],
        }
        async with started_prometheus([job], tmp_path / "prometheus") as prometheus:

            async def has_scraped() -> None:
                assert (await prometheus.value('count(kube_pod_info{job="all"})') or 0) > 100

            await eventually(has_scraped, within=30)
            for selector in CHOOSING:
                _, theirs = await prometheus.federate(selector)
                ours = await exporter.page(path(selector))

                assert set(series_of(ours)) == {
                    (name, frozenset(one for one in labels if one[0] not in ("job", "instance")))
                    for name, labels in series_of(theirs)
                }, selector

            for selector in SELECTORS:
                status, said = await prometheus.federate(selector)
                answer = await exporter.get(path(selector))

                assert answer.status == status, f"{selector!r}: {answer.text} {said}"
