"""The image's build steps, run without a container engine; and what the image runs as."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.release.archives import ROOT, source_copy
from tests.release.demo import demo_answers

TEXT = (ROOT / "Containerfile").read_text()
HOME = "/opt/kube-fleet-exporter"


@dataclass(frozen=True)
class Step:
    """One instruction of a stage, with its arguments as they stand there."""

    name: str
    arguments: str


def stages() -> list[list[Step]]:
    """The instructions of each stage, which begins with FROM."""
    steps = [
        Step(*line.split(None, 1))
        for line in TEXT.splitlines()
        if line.strip() and not line.startswith("#")
    ]
    starts = [place for place, step in enumerate(steps) if step.name == "FROM"]
    ends = [*starts[1:], len(steps)]
    return [steps[start:end] for start, end in zip(starts, ends, strict=True)]


def values(stage: list[Step], name: str) -> list[str]:
    return [step.arguments for step in stage if step.name == name]


def test_both_images_are_arguments_so_that_digests_can_be_given() -> None:
    assert re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE) == ["${BUILD_IMAGE}", "${RUN_IMAGE}"]
    assert set(re.findall(r"^ARG (\w+)=", TEXT, re.MULTILINE)) == {"BUILD_IMAGE", "RUN_IMAGE"}


def test_the_image_runs_as_nobody_in_particular_and_without_a_shell() -> None:
    _, final = stages()

    assert values(final, "USER") == ["65532:65532"]
    assert json.loads(*values(final, "ENTRYPOINT")) == [f"{HOME}/bin/kube-fleet-exporter"]
    assert json.loads(*values(final, "CMD")) == ["run"]
    assert values(final, "RUN") == []
    assert values(final, "COPY") == [f"--from=build {HOME} {HOME}"]


def test_whatever_is_installed_has_a_hash() -> None:
    built, _ = stages()
    installs = [json.loads(run) for run in values(built, "RUN") if "install" in json.loads(run)]

    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install


def test_all_that_is_copied_is_there_and_not_ignored() -> None:
    built, _ = stages()
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    copied = {name.rstrip("/") for copy in values(built, "COPY") for name in copy.split()[:-1]}

    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.archives
@pytest.mark.timeout(400)
def test_the_build_steps_make_an_exporter_that_runs(tmp_path: Path) -> None:
    """With this machine's Python in the place of the image's, and a folder in that of its root."""
    source = source_copy(tmp_path / "context", modified=1_700_000_000)
    work, home, python = tmp_path / "source", tmp_path / "home", tmp_path / "image/bin/python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "image"], check=True)
    built, _ = stages()
    assert values(built, "WORKDIR") == ["/source"]
    for step in built:
        if step.name == "COPY":
            *names, to = step.arguments.split()
            for name in names:
                copy(source / name, work / to / ("" if name.endswith("/") else name))
        elif step.name == "RUN":
            arguments = [
                one.replace("/source", str(work)).replace(HOME, str(home))
                for one in json.loads(step.arguments)
            ]
            assert arguments[0] == "python"
            subprocess.run([python, *arguments[1:]], cwd=work, check=True, timeout=300)

    assert not (home / "bin/pip").exists()
    asyncio.run(demo_answers(home / "bin/kube-fleet-exporter", tmp_path))


def copy(source: Path, to: Path) -> None:
    """As COPY: of a folder what is in it, of a file the file."""
    if source.is_dir():
        shutil.copytree(source, to)
    else:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, to)
