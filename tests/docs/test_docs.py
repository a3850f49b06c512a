"""The pages for people say what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exporter.catalogue import listing
from exporter.settings import read_settings

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/access.md", "docs/scale.md")


def test_the_list_of_metrics_is_current() -> None:
    """`make generate` writes it."""
    assert (ROOT / "docs/metrics.md").read_text() == listing("markdown")


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text()
    named = set(re.findall(r"`((?:exporter|tests|docs|benchmarks)/[\w/.]+)`", text))
    named |= set(re.findall(r"\]\(([\w/.]+)\)", text))

    assert {path for path in named if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_every_link_in_docs_leads_somewhere(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    links = [link.partition("#") for link in re.findall(r"\]\(([\w/.#-]+)\)", text)]

    for path, _, place in links:
        file = (ROOT / "docs" / (path or page)).resolve()
        assert file.exists(), path
        assert not place or place in headings(file), f"{path}#{place}"


def headings(page: Path) -> set[str]:
    """The places of a page that can be linked to, as code hosts name them."""
    found = re.findall(r"^#+ (.+)", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in found}


def test_the_readme_s_settings_can_be_used(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (settings,) = [block for block in blocks if block.startswith("cluster_label:")]
    file = tmp_path / "settings.yaml"
    file.write_text(settings)

    read_settings(file)


def test_the_settings_for_large_fleets_poll_what_rarely_changes(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/scale.md").read_text(), re.DOTALL)
    file = tmp_path / "settings.yaml"
    file.write_text(block)

    collect = read_settings(file).collect

    assert set(collect.resources) - set(collect.poll.resources) == {"nodes", "pods"}
    assert set(collect.poll.resources) < set(collect.resources)


@pytest.mark.parametrize("page", ["argocd", "eks", "gke", "aks"])
def test_the_settings_of_the_clouds_pages_can_be_used(tmp_path: Path, page: str) -> None:
    text = (ROOT / f"docs/sources/{page}.md").read_text()
    blocks = re.findall(r"```yaml\n(discovery:\n.*?)```", text, re.DOTALL)
    file = tmp_path / "settings.yaml"

    assert blocks
    for block in blocks:
        file.write_text(block)
        assert read_settings(file).discovery


def test_architecture_lists_the_layers_that_are_checked() -> None:
    declared = re.search(
        r"^layers = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE
    )
    assert declared is not None
    layers = re.findall(r"\w+", declared[1].replace("__main__", ""))
    table = re.findall(r"^\| (`.*?`) \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)

    assert re.findall(r"\w+", " ".join(table)) == layers
