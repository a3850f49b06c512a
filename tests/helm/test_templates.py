"""What the chart renders, by what its user says."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from exporter.planning import Planning
from exporter.rbac import manifests
from exporter.settings import Settings, read_settings
from tests.controlplane.binaries import program
from tests.helm.api_fields import faults, recorded
from tests.helm.chart import CHART, CI, Object, files_of, helm, of_kind, only, rendered

pytestmark = pytest.mark.controlplane

EVERYTHING = CHART / "ci" / "everything-values.yaml"


def permissions(roles: list[Object]) -> set[tuple[str, ...]]:
    """Each group, resource, name and verb that roles allow, by itself."""
    return {
        (group, resource, name, verb)
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }


def settings_of(objects: list[Object], directory: Path) -> Settings:
    """The settings as the exporter reads them from the ConfigMap, other files beside them."""
    for name, text in files_of(objects).items():
        moved = text.replace("/etc/kube-fleet-exporter", str(directory))
        (directory / name).write_text(moved)

    return read_settings(directory / "config.yaml")


def test_helm_finds_nothing_to_say_about_the_chart() -> None:
    arguments = [argument for file in CI for argument in ("-f", str(file))]
    for given in ([], *([arguments[at : at + 2] for at in range(0, len(arguments), 2)])):
        assert "0 chart(s) failed" in helm("lint", "--strict", CHART, *given)


@pytest.mark.parametrize("version", ["1.28", "1.37"])
@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_the_oldest_and_the_newest_kubernetes_have_every_field(file: Path, version: str) -> None:
    """Those between are asked themselves, in test_install.py."""
    facts = recorded(version)
    found = [
        fault
        for one in rendered(file)
        if ".coreos.com/" not in one["apiVersion"] and "grafana" not in one["apiVersion"]
        for fault in faults(one, facts)
    ]

    assert found == []


def test_a_field_that_kubernetes_1_28_does_not_have_is_found() -> None:
    objects = rendered()
    deployment = only(objects, "Deployment")
    deployment["spec"]["template"]["spec"]["hostnameOverride"] = "x"  # since 1.34
    deployment["spec"]["replicas"] = "1"

    pod = "apps/v1 Deployment.spec.template.spec"
    assert faults(deployment, recorded("1.28")) == [
        "apps/v1 Deployment.spec.replicas: '1' is no integer",
        f"{pod}.hostnameOverride: is no field of io.k8s.api.core.v1.PodSpec",
    ]


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"collect": {"resources": ["pods", "nodes"]}, "events": {"enabled": False}},
        {"collect": {"resources": {"secrets": {}}, "poll": {"resources": ["secrets"]}}},
        {"collect": {"resources": ["pods"], "poll": {"resources": ["pods", "nodes"]}}},
        {"clusters": {"*": {"collect": {"resources": ["clusterroles", "endpoints"]}}}},
        {"collect": {"custom_resources_only": True}},
    ],
    ids=json.dumps,
)
@pytest.mark.parametrize("member", [True, False])
def test_what_may_be_read_is_what_the_exporter_s_own_manifests_allow(
    config: dict[str, Any], member: bool, tmp_path: Path
) -> None:
    objects = rendered({"config": config, "member": {"enabled": member}})
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    own = list(yaml.safe_load_all(manifests(Planning().plans(read_settings(file)).widest)))

    assert permissions(of_kind(objects, "ClusterRole")) == permissions(of_kind(own, "ClusterRole"))
    assert not of_kind(objects, "Role")


def test_custom_resources_may_be_read_as_the_exporter_s_own_manifests_allow(tmp_path: Path) -> None:
    objects = rendered(CHART / "ci" / "custom-resources-values.yaml")
    settings = settings_of(objects, tmp_path)
    own = list(yaml.safe_load_all(manifests(Planning().plans(settings).widest)))

    assert permissions(of_kind(objects, "ClusterRole")) == permissions(of_kind(own, "ClusterRole"))
    assert ("example.com", "policies", "", "watch") in permissions(of_kind(objects, "ClusterRole"))


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_nothing_is_allowed_by_wildcard_and_nothing_may_be_written(file: Path) -> None:
    allowed = permissions([*_roles(rendered(file))])
    reviews = {
        ("authentication.k8s.io", "tokenreviews", "", "create"),
        ("authorization.k8s.io", "subjectaccessreviews", "", "create"),
    }
    expected = reviews if file.stem.startswith("auth-filter") else set()

    assert not any("*" in one for one in allowed)
    assert {one for one in allowed if one[3] not in ("get", "list", "watch")} == expected


def _roles(objects: list[Object]) -> list[Object]:
    return [*of_kind(objects, "ClusterRole"), *of_kind(objects, "Role")]


def test_a_source_in_one_namespace_takes_a_role_there_and_no_more() -> None:
    objects = rendered(CHART / "ci" / "hub-alone-values.yaml")
    secrets = {("", "secrets", "", "list"), ("", "secrets", "", "watch")}

    assert only(objects, "Role")["metadata"]["namespace"] == "fleet"
    assert permissions(of_kind(objects, "Role")) == secrets
    assert permissions(of_kind(objects, "ClusterRole")) == {
        ("", "namespaces", "kube-system", "get")
    }


def test_a_source_in_all_namespaces_takes_a_clusterrole() -> None:
    source = {"provider": "secrets", "label_selector": "a=b"}
    objects = rendered({"config": {"discovery": [source]}})

    assert ("", "secrets", "", "list") in permissions(of_kind(objects, "ClusterRole"))
    assert not of_kind(objects, "Role")


def without_schema(directory: Path) -> Path:
    """A copy of the chart that takes values of which this version knows nothing."""
    chart = directory / "chart"
    shutil.copytree(CHART, chart)
    (chart / "values.schema.json").unlink()
    return chart


CLUSTERS = {"group": "example.com", "resource": "clusters", "namespace": ""}
BY_CHOICE = {"group": "", "resource": "secrets", "namespace": "where", "when": {"access": ["all"]}}
BY_NAME = {"group": "", "resource": "secrets", "namespace": "", "name": "account"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({}, {("ClusterRole", ("example.com", "clusters", "", "list"))}),
        (
            {"access": "all"},
            {
                ("ClusterRole", ("example.com", "clusters", "", "list")),
                ("Role in there", ("", "secrets", "", "list")),
            },
        ),
        (
            {"account": "reader"},
            {
                ("ClusterRole", ("example.com", "clusters", "", "list")),
                ("ClusterRole", ("", "secrets", "reader", "list")),
            },
        ),
    ],
    ids=str,
)
def test_a_source_takes_what_its_fields_make_it_read(
    source: dict[str, str], expected: set[object], tmp_path: Path
) -> None:
    """With a provider that there is not, for what providers may declare."""
    chart = without_schema(tmp_path)
    defaults = {"where": "there", "access": "little", "account": ""}
    hub = {"defaults": defaults, "reads": [CLUSTERS, BY_CHOICE, BY_NAME]}
    permitted = yaml.safe_load((chart / "files" / "permissions.yaml").read_text())
    (chart / "files" / "permissions.yaml").write_text(
        yaml.safe_dump({**permitted, "hubs": {"imagined": hub}})
    )

    config = {"discovery": [{"provider": "imagined", **source}]}
    found = {
        (f"Role in {where}" if (where := role["metadata"].get("namespace")) else "ClusterRole", one)
        for role in _roles(rendered({"config": config}, chart))
        for one in permissions([role])
        if one[3] == "list"
    }

    assert found == expected


def test_what_is_read_of_other_clusters_alone_is_not_allowed_in_this_one() -> None:
    collect = {"resources": ["pods"]}
    more = {"collect": {"resources": ["secrets"]}}
    source = {"provider": "in-cluster", "name": "hub"}
    allowed = {
        pattern: ("", "secrets", "", "list")
        in permissions(
            _roles(
                rendered(
                    {
                        "config": {
                            "collect": collect,
                            "discovery": [source],
                            "clusters": {pattern: more},
                        }
                    }
                )
            )
        )
        for pattern in ("prod-*", "hub", "h*", "?ub", "hub.", "[gh]ub")
    }

    assert allowed == {
        "prod-*": False,
        "hub": True,
        "h*": True,
        "?ub": True,
        "hub.": False,
        "[gh]ub": True,
    }


@pytest.mark.parametrize(
    ("said", "asked"), [(True, True), (False, False), ({}, True), ({"context": "hub"}, False)]
)
def test_who_scrapes_is_asked_about_here_unless_another_cluster_knows_them(
    said: object, asked: bool, tmp_path: Path
) -> None:
    config = {"web": {"kubernetes_authorization": said}}
    allowed = permissions(_roles(rendered({"config": config}, without_schema(tmp_path))))

    assert any(one[1] == "tokenreviews" for one in allowed) == asked


def test_a_hub_that_a_kubeconfig_leads_to_takes_nothing_here() -> None:
    source = {"provider": "argocd", "kubeconfig": "/etc/hub/kubeconfig"}
    objects = rendered({"config": {"discovery": [source]}})

    assert _roles(objects) == []


def test_who_asks_this_cluster_nothing_gets_no_token() -> None:
    pod = only(rendered(CHART / "ci" / "remote-values.yaml"), "Deployment")["spec"]["template"]

    assert pod["spec"]["automountServiceAccountToken"] is False
    assert only(rendered(), "Deployment")["spec"]["template"]["spec"][
        "automountServiceAccountToken"
    ]


def test_a_member_s_manifests_are_an_account_its_token_and_what_it_may_read() -> None:
    kinds = sorted(one["kind"] for one in rendered(CHART / "ci" / "member-values.yaml"))

    assert kinds == ["ClusterRole", "ClusterRoleBinding", "Secret", "ServiceAccount"]


@pytest.mark.parametrize("file", CI, ids=lambda file: file.stem)
def test_every_role_is_bound_to_the_account_and_to_nobody_else(file: Path) -> None:
    objects = rendered(file)
    account = only(objects, "ServiceAccount")["metadata"]
    subject = {key: account[key] for key in ("name", "namespace")} | {"kind": "ServiceAccount"}
    bindings = [*of_kind(objects, "ClusterRoleBinding"), *of_kind(objects, "RoleBinding")]

    assert all(one["subjects"] == [subject] for one in bindings)
    assert sorted(
        (one["roleRef"]["kind"], one["roleRef"]["name"], one["metadata"].get("namespace"))
        for one in bindings
    ) == sorted(
        (one["kind"], one["metadata"]["name"], one["metadata"].get("namespace"))
        for one in _roles(objects)
    )


@pytest.mark.parametrize("name", ["own-cluster", "remote", "hub", "namespaces", "everything"])
def test_the_settings_arrive_word_for_word(name: str, tmp_path: Path) -> None:
    file = CHART / "ci" / f"{name}-values.yaml"
    objects = rendered(file)
    given = yaml.safe_load(file.read_text()).get("config", {})

    assert yaml.safe_load(files_of(objects)["config.yaml"]) == given
    settings_of(objects, tmp_path)


def test_large_numbers_stay_numbers(tmp_path: Path) -> None:
    objects = rendered({"config": {"series_limit": {"cluster": 12_345_678}}})

    assert settings_of(objects, tmp_path).series_limit.cluster == 12_345_678


def test_the_auth_filter_is_on_in_settings_and_permissions_together() -> None:
    objects = rendered({"authFilter": {"enabled": True}, "config": {"web": {"lifecycle": True}}})

    assert yaml.safe_load(files_of(objects)["config.yaml"])["web"] == {
        "kubernetes_authorization": True,
        "lifecycle": True,
    }


def test_changed_settings_restart_the_pod_unless_told_otherwise() -> None:
    def annotations(**values: Any) -> dict[str, str]:
        pod = only(rendered(values), "Deployment")["spec"]["template"]
        found: dict[str, str] = pod["metadata"]["annotations"]
        return found

    other = {"workers": 2}
    assert annotations() == annotations()
    assert annotations() != annotations(config=other)
    assert annotations(restartOnConfigChange=False) == annotations(
        restartOnConfigChange=False, config=other
    )


def test_a_new_version_of_the_chart_alone_does_not_restart_the_pod() -> None:
    labels = only(rendered(), "Deployment")["spec"]["template"]["metadata"]["labels"]

    assert "helm.sh/chart" not in labels


def test_the_pod_may_do_as_little_as_there_is() -> None:
    pod = only(rendered(), "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
    }


def test_ports_follow_the_settings() -> None:
    objects = rendered(EVERYTHING)
    container = only(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]

    assert {one["name"]: one["containerPort"] for one in container["ports"]} == {
        "http": 9100,
        "telemetry": 9101,
    }


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, "kube-fleet-exporter:0.1.0"),
        ({"registry": "r.example", "tag": "x"}, "r.example/kube-fleet-exporter:x"),
        (
            {"repository": "a/b", "tag": "x", "digest": f"sha256:{'0' * 64}"},
            f"a/b@sha256:{'0' * 64}",
        ),
    ],
)
def test_the_image_is_named(image: dict[str, str], expected: str) -> None:
    pod = only(rendered({"image": image}), "Deployment")["spec"]["template"]["spec"]

    assert pod["containers"][0]["image"] == expected


def test_credentials_come_from_existing_secrets() -> None:
    pod = only(rendered(CHART / "ci" / "remote-values.yaml"), "Deployment")["spec"]["template"]
    volumes = {one["name"]: one for one in pod["spec"]["volumes"]}
    mounts = {one["name"]: one for one in pod["spec"]["containers"][0]["volumeMounts"]}

    assert mounts["credentials-0"]["mountPath"] == "/etc/clusters"
    assert mounts["credentials-0"]["readOnly"] is True
    assert volumes["credentials-0"]["secret"]["secretName"] == "kubeconfigs"
    assert volumes["credentials-0"]["secret"]["defaultMode"] == 0o440


def test_scraped_series_keep_their_own_labels_and_get_none_of_the_pod_s() -> None:
    monitor = only(rendered({"serviceMonitor": {"enabled": True}}), "ServiceMonitor")
    dropped = {"regex": "pod|container|endpoint|service|namespace", "action": "labeldrop"}

    for endpoint in monitor["spec"]["endpoints"]:
        assert endpoint["honorLabels"] is True
        assert endpoint["relabelings"][-1] == dropped
        assert endpoint["relabelings"][1]["replacement"] == "kube-fleet-exporter"

    targets = {one["relabelings"][0]["replacement"] for one in monitor["spec"]["endpoints"]}
    assert len(targets) == 2  # or the two would write the same `up`


def test_two_replicas_are_two_instances() -> None:
    objects = rendered(CHART / "ci" / "pair-values.yaml")
    endpoint = only(objects, "ServiceMonitor")["spec"]["endpoints"][0]

    assert endpoint["relabelings"][1] == {
        "sourceLabels": ["pod"],
        "targetLabel": "instance",
        "action": "replace",
    }
    assert only(objects, "Service")["spec"]["sessionAffinity"] == "ClientIP"


def rules_of(values: dict[str, Any]) -> list[dict[str, Any]]:
    objects = rendered({"prometheusRule": {"enabled": True, **values}})
    return [
        rule
        for one in of_kind(objects, "PrometheusRule")
        for group in one["spec"]["groups"]
        for rule in group["rules"]
    ]


def test_rules_are_the_project_s_own_but_for_the_runbooks_address() -> None:
    def comparable(rule: dict[str, Any]) -> str:
        notes = {key: one for key, one in rule.get("annotations", {}).items() if "url" not in key}
        return json.dumps({**rule, "annotations": notes}, sort_keys=True)

    own = [
        rule
        for file in (CHART / "files" / "rules").iterdir()
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]

    assert sorted(map(comparable, rules_of({}))) == sorted(map(comparable, own))
    assert not any("runbook_url" in rule.get("annotations", {}) for rule in rules_of({}))


def test_runbooks_are_looked_for_where_the_user_says() -> None:
    rules = rules_of({"runbookUrl": "https://git.example.org/runbooks/"})
    (down,) = [rule for rule in rules if rule.get("alert") == "FleetClusterDown"]

    expected = "https://git.example.org/runbooks/FleetClusterDown.md"
    assert down["annotations"]["runbook_url"] == expected
    assert "{{ $labels.cluster }}" in down["annotations"]["summary"]


def test_single_alerts_are_changed_and_left_out() -> None:
    change = {"for": "42m", "severity": "info", "labels": {"team": "shop"}}
    rules = rules_of(
        {
            "alerts": {"FleetClusterDown": change, "FleetNodeCordoned": {"enabled": False}},
            "alertLabels": {"team": "platform"},
            "rules": {"quota": False},
        }
    )
    alerts = {rule["alert"]: rule for rule in rules if "alert" in rule}

    down = alerts["FleetClusterDown"]
    assert down["for"] == "42m"
    assert down["labels"] == {"severity": "info", "scope": "cluster", "team": "shop"}
    assert alerts["FleetManyClustersDown"]["labels"]["team"] == "platform"
    assert "FleetNodeCordoned" not in alerts and "FleetQuotaFull" not in alerts


def test_prometheus_accepts_the_rules(tmp_path: Path) -> None:
    groups = [
        group
        for one in of_kind(rendered(EVERYTHING), "PrometheusRule")
        for group in one["spec"]["groups"]
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups}))

    command: list[str | Path] = [program("prometheus", "promtool"), "check", "rules", file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr


def test_every_dashboard_is_a_configmap_whose_content_is_untouched() -> None:
    objects = rendered(EVERYTHING)
    shown = {
        name: text
        for one in of_kind(objects, "ConfigMap")
        if "grafana_dashboard" in one["metadata"].get("labels", {})
        for name, text in one["data"].items()
    }
    files = {one.name: one.read_text() for one in (CHART / "files" / "dashboards").iterdir()}

    assert {name: json.loads(text) for name, text in shown.items()} == {
        name: json.loads(text) for name, text in files.items()
    }
    referred = {one["spec"]["configMapRef"]["key"] for one in of_kind(objects, "GrafanaDashboard")}
    assert referred == files.keys()


def test_notes_say_what_to_do_next() -> None:
    said = helm("install", "fleet", CHART, "--dry-run=client", "--set", "member.enabled=true")

    assert "get secret fleet-kube-fleet-exporter-token" in said
    assert "honor_labels: true" in helm("install", "fleet", CHART, "--dry-run=client")


def test_a_value_that_no_chart_has_is_told() -> None:
    said = helm("install", "fleet", CHART, "--dry-run=client", "--set", "replicaCount=2")

    assert "values that this chart does not have: replicaCount" in said
    assert "does not have" not in helm("install", "fleet", CHART, "--dry-run=client")


def test_default_settings_are_the_exporter_s(tmp_path: Path) -> None:
    assert settings_of(rendered(), tmp_path) == msgspec.convert({}, Settings)
