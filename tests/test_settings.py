from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from exporter.discovery.in_cluster import InCluster
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.kinds import DEFAULT_RESOURCES
from exporter.settings import (
    RESOURCES,
    Collect,
    Duration,
    Events,
    KubernetesAuthorization,
    Poll,
    Settings,
    SettingsError,
    Staleness,
    Telemetry,
    Web,
    read_settings,
)


def read(tmp_path: Path, text: str | bytes) -> Settings:
    file = tmp_path / "settings.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_settings(file)


def refusal(tmp_path: Path, text: str | bytes) -> str:
    """What is said against a file, after its name; one line."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)

    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'settings.yaml'}: ")
    assert said.isprintable(), "it is more than one line"
    return said.removeprefix(f"{tmp_path / 'settings.yaml'}: ")


def test_every_setting_is_read(tmp_path: Path) -> None:
    text = """
        cluster_label: k8s_cluster
        discovery:
          - {provider: kubeconfig, files: [a, b], contexts: ["prod-*"]}
          - {provider: in-cluster, name: hub}
        collect:
          resources: [pods]
          metric_allowlist: [kube_pod_.*]
          metric_opt_in_list: [kube_pod_nodeselectors]
          labels_allow_list: {pods: [app, "team-*"]}
          annotations_allow_list: {"*": ["*"]}
          poll: {resources: [secrets], interval: 10m}
        workers: 4
        events: {enabled: false}
        staleness: {hold: 1h30m, first_sync: 90s}
        web: {listen: "127.0.0.1:80", external_url: https://fleet.example/exporter}
        telemetry: {listen: "127.0.0.1:81"}
    """

    assert read(tmp_path, text) == Settings(
        cluster_label="k8s_cluster",
        discovery=(Kubeconfig(("a", "b"), ("prod-*",)), InCluster("hub")),
        collect=Collect(
            resources=("pods",),
            metric_allowlist=("kube_pod_.*",),
            metric_opt_in_list=("kube_pod_nodeselectors",),
            labels_allow_list={"pods": ("app", "team-*")},
            annotations_allow_list={"*": ("*",)},
            poll=Poll(("secrets",), Duration(600)),
        ),
        workers=4,
        events=Events(enabled=False),
        staleness=Staleness(Duration(5400), Duration(90)),
        web=Web("127.0.0.1:80", "https://fleet.example/exporter"),
        telemetry=Telemetry("127.0.0.1:81"),
    )


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "null\n", "{}\n"])
def test_an_empty_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == Settings()


def test_the_defaults_are_the_documented_ones() -> None:
    defaults = Settings()

    assert defaults.cluster_label == "cluster"
    assert (defaults.web.listen, defaults.telemetry.listen) == (":8080", ":8081")
    assert defaults.staleness == Staleness(Duration(300), Duration(60))
    assert defaults.collect.resources == DEFAULT_RESOURCES
    assert defaults.collect.poll == Poll((), Duration(300))
    assert defaults.events.enabled


def test_json_is_accepted(tmp_path: Path) -> None:
    given = '{"cluster_label": "k8s", "discovery": [{"provider": "in-cluster"}]}'

    assert read(tmp_path, given) == Settings(cluster_label="k8s", discovery=(InCluster(),))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("clusterlabel: x", "clusterlabel"),
        ("collect: {resource: [pods]}", "collect.resource"),
        ("staleness: {hold: 5m, held: 5m}", "staleness.held"),
        (
            "discovery: [{provider: in-cluster}, {provider: kubeconfig, file: x}]",
            "discovery[1].file",
        ),
        ('"two\\nlines": 1', "two lines"),
    ],
)
def test_an_unknown_key_is_named_with_its_path(tmp_path: Path, text: str, path: str) -> None:
    assert refusal(tmp_path, text) == f"{path}: unknown key"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cluster_label: 5", "cluster_label: expected `str`, got `int`"),
        ("collect: {resources: pods}", "collect.resources: expected `array`, got `str`"),
        ("collect: {resources: [1]}", "collect.resources[0]: expected `str`, got `int`"),
        ("web: null", "web: expected `object`, got `null`"),
        ("events: {enabled: maybe}", "events.enabled: expected `bool`, got `str`"),
        ("- a\n- b", "Expected `object`, got `array`"),
        ("just words", "Expected `object`, got `str`"),
        ("discovery: [{provider: ldap}]", "discovery[0].provider: invalid value 'ldap'"),
        ("discovery: [{}]", "discovery[0]: object missing required field `provider`"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(tmp_path: Path, text: str, said: str) -> None:
    assert refusal(tmp_path, text) == said


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("60s", 60), ("5m", 300), ("2h", 7200), ("1h30m", 5400), ("1h1m1s", 3661), ("0s", 0)],
)
def test_a_duration_is_written_as_in_prometheus(tmp_path: Path, written: str, seconds: int) -> None:
    assert read(tmp_path, f"staleness: {{hold: {written}}}").staleness.hold == Duration(seconds)


@pytest.mark.parametrize("written", ["5", "1.5", "5 minutes", "''", "-5m", "m", "30m1h", "9" * 500])
def test_what_is_no_duration_is_refused_with_an_example(tmp_path: Path, written: str) -> None:
    said = refusal(tmp_path, f"staleness: {{first_sync: {written}}}")

    assert said.startswith("staleness.first_sync: a duration is written as 5m, 1h30m or 60s, not ")


def test_a_resource_that_is_not_shown_is_named_with_those_that_are(tmp_path: Path) -> None:
    said = refusal(tmp_path, "collect: {resources: [pods, widgets]}")

    assert said == f"collect.resources[1]: 'widgets' is not one of {', '.join(RESOURCES)}"


def test_a_polled_resource_is_one_that_is_shown(tmp_path: Path) -> None:
    said = refusal(tmp_path, "collect: {poll: {resources: [pods, widgets]}}")

    assert said == f"collect.poll.resources[1]: 'widgets' is not one of {', '.join(RESOURCES)}"


def test_events_cannot_be_polled(tmp_path: Path) -> None:
    said = refusal(tmp_path, "collect: {poll: {resources: [pods, events]}}")

    assert said == (
        "collect.poll.resources: events are counted as a watch brings them and cannot be polled; "
        "events.enabled: false does without them"
    )


def test_an_interval_of_nothing_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, "collect: {poll: {interval: 0s}}")

    assert said == "collect.poll.interval: must be at least 1s"


@pytest.mark.parametrize("name", ["metric_allowlist", "metric_denylist", "metric_opt_in_list"])
def test_a_pattern_that_is_none_is_named(tmp_path: Path, name: str) -> None:
    said = refusal(tmp_path, f'collect: {{{name}: ["kube_.*", "kube_(pod"]}}')

    assert said.startswith(f"collect.{name}[1]: not a regular expression: missing )")


def test_a_pattern_of_two_lines_is_refused_in_one(tmp_path: Path) -> None:
    refusal(tmp_path, 'collect: {metric_denylist: ["(?\\n"]}')


def test_metrics_are_either_allowed_or_denied(tmp_path: Path) -> None:
    said = refusal(tmp_path, "collect: {metric_allowlist: [a], metric_denylist: [b]}")

    assert said == "collect: metric_allowlist and metric_denylist exclude each other"


@pytest.mark.parametrize("label", ["a-b", "", "1st", "a b", "__name__", "ümlaut", "a\\n"])
def test_a_cluster_label_has_to_be_a_label_name(tmp_path: Path, label: str) -> None:
    said = refusal(tmp_path, f'cluster_label: "{label}"')

    assert said.startswith("cluster_label: ")
    assert said.endswith("is not a label name")


@pytest.mark.parametrize(
    "url",
    ["exporter:8080", "/exporter", "ftp://host", "https://", "http://[", "https://me:secret@host"],
)
def test_an_external_url_has_to_be_one(tmp_path: Path, url: str) -> None:
    said = refusal(tmp_path, f"web: {{external_url: '{url}'}}")

    assert said == "web.external_url: not a URL like https://host/path"


@pytest.mark.parametrize(
    "text",
    [
        "a: [1",
        "a:\n\t- b",
        "a: 1\n---\na: 2",
        "cluster_label: !!python/object:os.system {}",
        "cluster_label: 2026-13-01",
        'cluster_label: !!int ""',
        "*unknown",
        "\0",
        "[" * 1000,
    ],
)
def test_what_is_not_yaml_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text).startswith("not YAML: ")


def test_the_line_of_a_mistake_is_told(tmp_path: Path) -> None:
    assert "line 2, column 5" in refusal(tmp_path, "web: {}\na: b: c\n")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"\xff\xfe\x00") == "cannot be read: not UTF-8"


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"/absent\.yaml: cannot be read: No such file"):
        read_settings(tmp_path / "absent.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read_settings(tmp_path)


words = st.sampled_from(
    ["web", "collect", "resources", "pods", "5m", "2026-13-01", "<<", "&a", "*a"]
)
syntax = st.sampled_from(["? ", ": ", "- ", "\n", "  ", "!!int ", "!!timestamp "])
marks = st.sampled_from("[]{}\"'\\#%|>\0\ud800")


@example("<<: [1]")
@example("? {a: b}\n: c")
@given(st.lists(words | syntax | marks | st.characters(), max_size=12).map("".join))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_file_holds_it_is_read_or_refused_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_bytes(text.encode(errors="surrogatepass"))
    said = "nothing"
    try:
        read_settings(file)
    except SettingsError as error:
        said = str(error)

    assert len(said.splitlines()) == 1


def test_sets_may_be_written_as_kube_state_metrics_writes_them(tmp_path: Path) -> None:
    text = "collect: {resources: {pods: {}, nodes: {}}, metric_denylist: {kube_pod_ips: {}}}"
    collect = read(tmp_path, text).collect

    assert collect.resources == ("pods", "nodes")
    assert collect.metric_denylist == ("kube_pod_ips",)


def test_a_node_and_pods_without_one_are_not_both_chosen(tmp_path: Path) -> None:
    said = refusal(tmp_path, "collect: {node: n1, track_unscheduled_pods: true}")

    assert said == "collect: node and track_unscheduled_pods exclude each other"


@pytest.mark.parametrize(
    ("shards", "field"),
    [
        ("{total_shards: 0}", "total_shards"),
        ("{shard: -1}", "shard"),
        ("{total_shards: 2, shard: 2}", "shard"),
    ],
)
def test_a_shard_is_one_of_those_there_are(tmp_path: Path, shards: str, field: str) -> None:
    assert refusal(tmp_path, f"collect: {shards}").startswith(f"collect.{field}: ")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("true", True),
        ("false", False),
        ("{}", KubernetesAuthorization()),
        ("{context: hub}", KubernetesAuthorization("", "hub")),
    ],
)
def test_scrapers_are_reviewed_by_the_cluster_that_is_named(
    tmp_path: Path, written: str, read_as: bool | KubernetesAuthorization
) -> None:
    text = f"web: {{kubernetes_authorization: {written}}}"

    assert read(tmp_path, text).web.kubernetes_authorization == read_as


@pytest.mark.parametrize("workers", ["0", "-1", "1.5", "many"])
def test_there_is_at_least_one_worker(tmp_path: Path, workers: str) -> None:
    assert refusal(tmp_path, f"workers: {workers}").startswith("workers: expected `int`")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("{widgets: {a: b}}", "'widgets' is not one of"),
        ("{pods: {namespace: b}}", "'namespace' is a label that its series have"),
        ("{pods: {container: b}}", "'container' is a label that its series have"),
        ("{pods: {cluster: b}}", "'cluster' is a label that its series have"),
        ("{pods: {label_x: b}}", "'label_x' is a label that its series have"),
        ("{pods: {a-b: b}}", "'a-b' is not a label name"),
    ],
)
def test_a_label_that_cannot_stand_on_every_series_is_refused(
    tmp_path: Path, labels: str, said: str
) -> None:
    resource = labels[1:].partition(":")[0]

    said_in_full = refusal(tmp_path, f"collect: {{object_labels: {labels}}}")

    assert said_in_full.startswith(f"collect.object_labels.{resource}: {said}")


def test_so_many_labels_on_every_series_are_refused(tmp_path: Path) -> None:
    many = ", ".join(f"l{number}: k" for number in range(11))

    said = refusal(tmp_path, f"collect: {{object_labels: {{pods: {{{many}}}}}}}")

    assert said == "collect.object_labels.pods: at most 10 labels of a resource"
