"""What people install: the same every time, whole, and it runs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.release.archives import ROOT, build, source_copy
from tests.release.demo import demo_answers

pytestmark = [pytest.mark.archives, pytest.mark.timeout(300)]

BESIDE = ("alerts", "dashboards", "helm")
"""What is installed beside the package, in ``share/kube-fleet-exporter``."""


def files(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder.parent))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_two_builds_of_one_source_are_equal(target: str, tmp_path: Path) -> None:
    one = build(source_copy(tmp_path / "here", modified=1_000_000_000), target)
    other = build(source_copy(tmp_path / "there", modified=1_700_000_000), target)

    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()


def test_the_wheel_carries_the_package_and_what_is_loaded_elsewhere(tmp_path: Path) -> None:
    wheel = build(source_copy(tmp_path / "source", modified=1_700_000_000), "wheel")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    share = f"{'-'.join(wheel.name.split('-')[:2])}.data/data/share/kube-fleet-exporter/"
    assert {name for name in names if name.startswith("exporter/")} == files(ROOT / "exporter")
    for folder in BESIDE:
        assert {share + name for name in files(ROOT / folder)} <= names


def test_the_sdist_is_enough_to_build_the_same_wheel(tmp_path: Path) -> None:
    source = source_copy(tmp_path / "source", modified=1_700_000_000)
    with tarfile.open(build(source, "sdist")) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")

    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert build(unpacked, "wheel").read_bytes() == build(source, "wheel").read_bytes()


def test_the_demo_runs_where_only_the_wheel_is_installed(tmp_path: Path) -> None:
    """As `pipx install` does: an environment with the wheel and what it needs."""
    wheel = build(source_copy(tmp_path / "source", modified=1_700_000_000), "wheel")
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    unhashed = tmp_path / "constraints.txt"
    unhashed.write_text(without_hashes((ROOT / "requirements/run.txt").read_text()))
    python = str(environment / "bin/python")
    locked = f"--constraint={unhashed}"
    install = [python, "-m", "pip", "install", "--quiet", locked, str(wheel)]
    subprocess.run(install, check=True, timeout=250)

    assert (environment / "share/kube-fleet-exporter/alerts/alertmanager.yaml").exists()
    asyncio.run(demo_answers(environment / "bin/kube-fleet-exporter", tmp_path))


def without_hashes(requirements: str) -> str:
    """pip wants hashes for a local wheel too where there are any."""
    lines = (line.rstrip("\\ ") for line in requirements.splitlines())
    return "\n".join(line for line in lines if "==" in line)
