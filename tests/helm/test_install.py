"""The chart on real API servers, and the exporter with exactly what the chart allows it."""

from __future__ import annotations

import copy
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
import yaml

from exporter.planning import Planning
from exporter.rbac import manifests
from exporter.settings import read_settings
from tests.controlplane.client import ApiError, Object
from tests.controlplane.cluster import Cluster
from tests.controlplane.deadline import eventually
from tests.e2e.exporter_process import read_page
from tests.helm.chart import CHART, CI, NAMESPACE, files_of, only, rendered
from tests.helm.identity import Permission, more_than_any
from tests.helm.release import (
    MOUNTED,
    Release,
    install,
    installed,
    place_of,
    running_pod,
    uninstall,
)

pytestmark = [
    pytest.mark.controlplane,
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.timeout(240),
]

EACH = pytest.mark.parametrize("name", ["older", "newer"])
STRICTLY = "?dryRun=All&fieldValidation=Strict"


def ci(name: str) -> Path:
    return CHART / "ci" / f"{name}-values.yaml"


def reading(group: str, *resources: str) -> set[Permission]:
    return {(group, one, "", verb) for one in resources for verb in ("list", "watch")}


IDENTITY = {("", "namespaces", "kube-system", "get")}
EVENTS = reading("", "events") | reading("events.k8s.io", "events")
SECRETS = reading("", "secrets")


@EACH
@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
async def test_the_api_server_has_no_objection_to_any_field(
    clusters: dict[str, Cluster], name: str, file: Path
) -> None:
    cluster = clusters[name]
    for one in rendered(file):
        await cluster.api.create(await place_of(cluster, one) + STRICTLY, one)


async def test_the_api_server_does_object_to_fields_that_there_are_not(
    clusters: dict[str, Cluster],
) -> None:
    cluster = clusters["older"]
    for one in rendered(ci("everything")):
        if "spec" in one:
            wrong = copy.deepcopy(one)
            wrong["spec"]["wrong"] = "x"
            with pytest.raises(ApiError, match=r"unknown field .{1,2}spec\.wrong"):
                await cluster.api.create(await place_of(cluster, one) + STRICTLY, wrong)


def of_manifests(objects: list[Object], directory: Path) -> set[Permission]:
    """What `kube-fleet-exporter rbac` prints for the settings among the objects."""
    for name, text in files_of(objects).items():
        (directory / name).write_text(text.replace(MOUNTED, str(directory)))

    settings = read_settings(directory / "config.yaml")
    return {
        (group, resource, name, verb)
        for one in yaml.safe_load_all(manifests(Planning().plans(settings).widest))
        for rule in one.get("rules", [])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }


NEEDED: Mapping[str, Mapping[str, set[Permission]]] = {
    "remote": {NAMESPACE: set(), "fleet": set()},
    "hub-alone": {"fleet": SECRETS | IDENTITY, "argocd": IDENTITY, NAMESPACE: IDENTITY},
    "hub": {
        "default": reading("", "nodes", "pods", "secrets")
        | {("apps", "deployments", "", "list")}
        | reading("cluster.x-k8s.io", "clusters")
        | EVENTS
        | IDENTITY,
    },
    "namespaces": {
        "default": reading("", "nodes", "pods") | SECRETS | EVENTS | IDENTITY,
        "kube-system": reading("", "nodes") | IDENTITY,
        NAMESPACE: reading("", "nodes") | IDENTITY,
    },
    "member": {
        "default": reading("", "nodes", "pods") | EVENTS | IDENTITY,
        "kube-system": reading("", "nodes", "pods") | EVENTS | IDENTITY,
    },
}
"""By ci values and namespace."""

REVIEWS = {
    ("authentication.k8s.io", "tokenreviews", "", "create"),
    ("authorization.k8s.io", "subjectaccessreviews", "", "create"),
}


async def check_permissions(release: Release, file: str, directory: Path) -> None:
    """The account may do what is needed and nothing else."""
    if file == "auth-filter":
        shown = of_manifests(rendered(ci("own-cluster")), directory)
        by_namespace: Mapping[str, set[Permission]] = {"default": shown | REVIEWS}
    else:
        by_namespace = NEEDED.get(file) or {"default": of_manifests(release.objects, directory)}

    for namespace, needed in by_namespace.items():
        assert await more_than_any(release.account, namespace) == needed, namespace


@EACH
@pytest.mark.parametrize(
    ("file", "shown", "discovered"),
    [
        ("own-cluster", ["kube_pod_info", "kube_node_info", "kube_secret_info"], ["in-cluster"]),
        ("namespaces", ["kube_node_info", "kube_secret_info"], ["in-cluster"]),
        ("hub", ["kube_pod_info"], ["argocd", "cluster-api", "in-cluster", "secrets"]),
        ("hub-alone", [], ["secrets"]),
        ("custom-resources", ["kube_customresource_info", "kube_pod_info"], ["in-cluster"]),
    ],
)
async def test_all_that_the_exporter_needs_works_with_the_chart_s_account_which_may_do_no_more(
    clusters: dict[str, Cluster],
    name: str,
    file: str,
    shown: list[str],
    discovered: list[str],
    tmp_path: Path,
) -> None:
    cluster = clusters[name]
    async with (
        installed(cluster, ci(file), "--wait", "--timeout=60s") as release,
        running_pod(release, tmp_path / "pod") as pod,
    ):

        async def complete() -> None:
            page = await read_page(f"{pod.metrics}/metrics")
            for metric in shown:
                assert f"\n{metric}{{" in page, metric

            assert page.count('condition="synced"') == (1 if shown else 0), page
            telemetry = await read_page(f"{pod.telemetry}/metrics")
            for provider in discovered:
                up = f'discovery_up{{provider="{provider}",source="{provider}"}} 1.0'
                assert up in telemetry, provider

        await eventually(complete, within=40)
        page = await read_page(f"{pod.metrics}/metrics")
        assert "forbidden" not in page and "unauthorized" not in page
        assert "forbidden" not in pod.process.log.read_text().lower()
        await check_permissions(release, file, tmp_path)


@EACH
@pytest.mark.parametrize("file", ["remote", "member", "auth-filter"])
async def test_the_account_may_do_what_is_needed_and_nothing_else(
    clusters: dict[str, Cluster], name: str, file: str, tmp_path: Path
) -> None:
    async with installed(clusters[name], ci(file)) as release:
        await check_permissions(release, file, tmp_path)


@EACH
async def test_scrapers_are_asked_about_with_the_chart_s_account(
    clusters: dict[str, Cluster], name: str, tmp_path: Path
) -> None:
    cluster = clusters[name]
    async with (
        installed(cluster, ci("auth-filter")) as release,
        running_pod(release, tmp_path / "pod") as pod,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
    ):

        async def status(token: str) -> int:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with session.get(f"{pod.metrics}/metrics", headers=headers) as answer:
                return answer.status

        async def is_let_in() -> None:
            assert await status(cluster.token) == 200

        await eventually(is_let_in, within=40)
        assert await status("") == 401
        assert await status("nonsense") == 401
        assert await status(await release.account.token()) == 403


@EACH
async def test_a_pod_is_admitted_where_pods_may_do_the_least(
    clusters: dict[str, Cluster], name: str
) -> None:
    """Pod Security Standards, `restricted`: https://kubernetes.io/docs/concepts/security/"""
    path = f"/api/v1/namespaces/{NAMESPACE}/pods{STRICTLY}"
    template = only(rendered(), "Deployment")["spec"]["template"]
    pod = {"metadata": {"name": "least"}, "spec": {**template["spec"]}}
    pod["spec"]["serviceAccountName"] = "default"

    await clusters[name].api.create(path, pod)
    del pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"]
    with pytest.raises(ApiError, match=r"violates PodSecurity .{1,2}restricted"):
        await clusters[name].api.create(path, pod)


async def test_secrets_may_be_read_only_while_they_are_shown(
    clusters: dict[str, Cluster], tmp_path: Path
) -> None:
    cluster = clusters["newer"]
    values = tmp_path / "values.yaml"
    try:
        release = await install(cluster, ci("own-cluster"))
        assert await more_than_any(release.account, "default") >= SECRETS

        values.write_text("config: {collect: {resources: [pods]}}")
        release = await install(cluster, values)
        assert not await more_than_any(release.account, "default") & SECRETS
    finally:
        await uninstall(cluster)


async def test_a_hub_reads_a_member_with_the_token_of_the_member_s_manifests(
    clusters: dict[str, Cluster], tmp_path: Path
) -> None:
    hub, member = clusters["newer"], clusters["older"]
    values = tmp_path / "values.yaml"
    source = {
        "provider": "secrets",
        "namespace": "fleet",
        "label_selector": "fleet=member",
        "allow": {"local_addresses": True},  # of this test's servers
    }
    collect = {"resources": ["nodes", "pods"]}
    values.write_text(yaml.safe_dump({"config": {"discovery": [source], "collect": collect}}))
    async with (
        installed(member, ci("member")),
        installed(hub, values) as release,
        running_pod(release, tmp_path / "pod") as pod,
    ):
        kubeconfig = await kubeconfig_by_token(member)
        where = "/api/v1/namespaces/fleet/secrets"
        secret = {
            "metadata": {"name": "older", "labels": {"fleet": "member"}},
            "data": {"kubeconfig": b64encode(yaml.safe_dump(kubeconfig).encode()).decode()},
        }
        await hub.api.create(where, secret)

        async def complete() -> None:
            page = await read_page(f"{pod.metrics}/clusters/older/metrics")
            assert "\nkube_node_info{" in page
            assert 'condition="synced"' in page and "forbidden" not in page

        try:
            await eventually(complete, within=60)
        finally:
            await hub.api.delete(f"{where}/older")


async def kubeconfig_by_token(member: Cluster) -> Object:
    """With the token that the member's manifests had made, as the notes say."""
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets/fleet-kube-fleet-exporter-token"

    async def made() -> Object:
        data = (await member.api.get(path)).get("data", {})
        assert "token" in data
        found: Object = data
        return found

    data = await eventually(made, within=30)
    kubeconfig = member.kubeconfig_context()
    kubeconfig["users"][0]["user"] = {"token": b64decode(data["token"]).decode()}
    kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"] = data["ca.crt"]
    return kubeconfig


async def everything_in(cluster: Cluster) -> set[tuple[str, str, str]]:
    """Path, namespace and name of all objects but events, which only time removes."""
    roots = ["/api/v1"]
    groups = (await cluster.api.get("/apis"))["groups"]
    roots += [f"/apis/{one['preferredVersion']['groupVersion']}" for one in groups]
    found = set()
    for root in roots:
        for kind in (await cluster.api.get(root))["resources"]:
            if "list" in kind["verbs"] and kind["name"] not in ("events", "componentstatuses"):
                path = f"{root}/{kind['name']}"
                found |= {
                    (path, one["metadata"].get("namespace", ""), one["metadata"]["name"])
                    for one in await cluster.api.items(path)
                }

    return found


@EACH
async def test_upgrades_and_the_end_leave_nothing_behind(
    clusters: dict[str, Cluster], name: str
) -> None:
    cluster = clusters[name]
    before = await everything_in(cluster)
    try:
        for file in ("own-cluster", "everything", "hub", "member", "pair"):
            await install(cluster, ci(file))
    finally:
        await uninstall(cluster)

    async def gone() -> None:
        assert await everything_in(cluster) == before

    await eventually(gone, within=60)
