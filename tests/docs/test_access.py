"""What docs/access.md shows can be used, and what it says is so."""

import re
from pathlib import Path

import pytest
import yaml

from exporter.settings import KubernetesAuthorization, read_settings
from exporter.web import answers, basic_auth, client, entrance, reviews, server, stream
from exporter.web.web_config import read_web_config
from tests.web.reviewer import PERMISSIONS, TOKENS

PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def blocks(first_line: str) -> list[str]:
    found = [block for block in BLOCKS if block.startswith(first_line)]
    assert found
    return found


def test_the_settings_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    read = []
    for block in blocks("# settings"):
        file.write_text(block)
        read.append(read_settings(file).web)

    assert [bool(web.web_config_file) for web in read] == [True, False, False]
    assert [web.kubernetes_authorization for web in read] == [
        False,
        True,
        KubernetesAuthorization("/etc/hub/kubeconfig", "hub"),
    ]


@pytest.mark.parametrize("block", blocks("# web.yml"))
def test_the_web_configurations_can_be_used(tmp_path: Path, block: str) -> None:
    file = tmp_path / "web.yml"
    file.write_text(block)
    config = read_web_config(file)

    assert config.basic_auth_users or config.files == tuple(
        tmp_path / "tls" / name for name in ("tls.crt", "tls.key", "ca.crt")
    )


def test_the_roles_are_what_is_asked_for() -> None:
    reviewer, scraper = (yaml.safe_load(one)["rules"] for one in blocks("apiVersion: rbac"))
    created = {
        f"/apis/{group}/v1/{resource}"
        for rule in reviewer
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }

    assert created == {TOKENS, PERMISSIONS}
    assert scraper[0]["verbs"] == ["get"]


def test_the_figures_are_those_of_the_code() -> None:
    said = " ".join(PAGE.split())
    for text in (
        f"| connections | {client.MOST_OPEN}; TLS handshakes have {server.HANDSHAKE:.0f} s",
        f"connections without a whole request {client.IDLE:.0f} s |",
        f"| requests at the same time | {entrance.MOST_UNDER_WAY}, then 503",
        f"{client.LONGEST_LINE} bytes; {client.MOST_HEADERS} headers |",
        f"| a page | {stream.SEND_DEADLINE:.0f} s as a whole, {stream.STALLED:.0f} s without",
        f"one at a time, {basic_auth.MOST_WAITING} wait",
        f"| reviews under way | {answers.MOST_UNDER_WAY}, then 503",
        f"a right holds for {reviews.ALLOWED / 60:.0f} minutes",
        f"a refusal for {reviews.DENIED:.0f} s",
    ):
        assert text in said, text

    assert reviews.KNOWN == 60
