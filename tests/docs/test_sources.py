"""The pages about sources of clusters: each can be used, and each system's row is proved."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from exporter.discovery.declared import FromHub
from exporter.discovery.presets import PRESETS
from exporter.discovery.providers import AnyProvider
from exporter.discovery.secrets import Secrets
from exporter.settings import read_settings
from tests.e2e.systems import SYSTEMS

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "docs/sources"
PAGES = sorted(path for path in SOURCES.glob("*.md") if path.name != "README.md")
HEAD = "| system | through |"
LINK = re.compile(r"\]\(([\w-]+)\.md\)")


def rows() -> dict[str, list[str]]:
    """The table of systems: the other columns of each."""
    _, _, rest = (SOURCES / "README.md").read_text().partition(HEAD)
    lines = [line for line in rest.split("\n\n")[0].splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name: others for name, *others in cells if not set(name) <= {"-", " "}}


def exists(test: str) -> bool:
    """Whether there is a test: a file with some, or ``file::function``."""
    path, _, wanted = test.partition("::")
    if not (ROOT / path).is_file():
        return False

    functions = {
        node.name
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }
    return wanted in functions if wanted else bool(functions)


def test_there_are_rows() -> None:
    assert len(rows()) >= 30
    assert {len(columns) for columns in rows().values()} == {4}


@pytest.mark.parametrize("system", rows())
def test_every_row_is_proved_by_a_test(system: str) -> None:
    (test,) = re.findall(r"`(tests/[^`]+)`", rows()[system][3])

    assert exists(test), test


@pytest.mark.parametrize("system", rows())
def test_every_row_leads_to_pages(system: str) -> None:
    pages = LINK.findall(rows()[system][0])

    assert pages
    assert [page for page in pages if not (SOURCES / f"{page}.md").exists()] == []


def test_every_provider_and_every_preset_has_a_row() -> None:
    linked = {page for columns in rows().values() for page in LINK.findall(columns[0])}
    providers = {str(one.__struct_config__.tag) for one in get_args(AnyProvider)}

    assert (providers | PRESETS.keys()) - linked == set()


def test_every_system_with_a_hub_is_tried_in_one_with_all_others() -> None:
    """By tests/e2e/test_all_systems.py, with the rights that stand on its page."""
    tried = {system.page for system in SYSTEMS.values()}
    found = [one for one in get_args(AnyProvider) if issubclass(one, FromHub)]
    providers = {str(one.__struct_config__.tag) for one in found}

    assert (providers | PRESETS.keys()) - tried == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_first_settings_on_a_page_can_be_used(tmp_path: Path, page: Path) -> None:
    first = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)[0]
    file = tmp_path / "settings.yaml"
    file.write_text(first)

    assert read_settings(file).discovery


@pytest.mark.parametrize("preset", PRESETS)
def test_the_page_of_a_preset_uses_it(tmp_path: Path, preset: str) -> None:
    page = (SOURCES / f"{preset}.md").read_text()
    file = tmp_path / "settings.yaml"
    file.write_text(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0])
    (declared,) = read_settings(file).discovery

    assert isinstance(declared, Secrets) and declared.preset == preset
