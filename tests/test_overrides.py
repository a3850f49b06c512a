from pathlib import Path

import pytest

from exporter.overrides import ClusterOverride, CollectOverride, SeriesLimit
from exporter.settings import SettingsError, read_settings


def refusal(tmp_path: Path, text: str) -> str:
    """What is said against a file, after its name."""
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_settings(file)

    return str(caught.value).removeprefix(f"{file}: ")


def test_overrides_are_read_in_the_order_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(
        """
        clusters:
          "prod-*": {labels: {tier: prod}, series_limit: {cluster: 5}}
          "*": {maintenance: false, uid: abc, collect: {resources: [pods], namespaces: [shop]}}
        """
    )
    overrides = read_settings(tmp_path / "settings.yaml").clusters

    assert list(overrides.items()) == [
        ("prod-*", ClusterOverride({"tier": "prod"}, series_limit=SeriesLimit(5))),
        (
            "*",
            ClusterOverride(
                maintenance=False,
                uid="abc",
                collect=CollectOverride(resources=("pods",), namespaces=("shop",)),
            ),
        ),
    ]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("{label: {a: b}}", "clusters.eu-*.label: unknown key"),
        ("{collect: {resource: []}}", "clusters.eu-*.collect.resource: unknown key"),
        ("{maintenance: 5}", "clusters.eu-*.maintenance: expected"),
        ("{series_limit: {cluster: -1}}", "clusters.eu-*.series_limit.cluster: expected"),
        ("{collect: {resources: [pod]}}", "clusters.eu-*.collect.resources[0]: 'pod' is not one"),
        ("{labels: {a-b: c}}", "clusters.eu-*: labels: 'a-b' is not a label name"),
        ("{labels: {uid: c}}", "clusters.eu-*: labels: 'uid' is a label that clusters have"),
        ("{labels: {cluster: c}}", "clusters.eu-*: 'cluster' is a label that clusters have"),
        ("5", "clusters.eu-*: expected"),
    ],
)
def test_what_an_override_cannot_say_is_refused_with_its_path(
    tmp_path: Path, override: str, said: str
) -> None:
    assert refusal(tmp_path, f'clusters: {{"eu-*": {override}}}').startswith(said)


def test_overrides_are_a_mapping(tmp_path: Path) -> None:
    assert refusal(tmp_path, "clusters: []").startswith("clusters: expected")
