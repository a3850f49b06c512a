"""Wheel and sdist, built from a copy of what is in version control."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def source_copy(folder: Path, modified: int) -> Path:
    """The files that git knows, in `folder`, all of them modified at one moment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).exists():
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy)
            os.utime(copy, (modified, modified))

    return folder


def build(source: Path, target: str) -> Path:
    """The archive of a target, ``wheel`` or ``sdist``."""
    command = [sys.executable, "-m", "hatchling", "build", f"--target={target}", "--directory=out"]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=100)
    (archive,) = (source / "out").glob("*.whl" if target == "wheel" else "*.tar.gz")
    return archive
