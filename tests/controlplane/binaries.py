"""The programs that `build.py` has built; a test that needs one that is missing is skipped."""

import os
import shutil
from pathlib import Path

import pytest

from tests.controlplane.build import Module

_MODULES = Path(__file__).parent


def program(module: str, name: str) -> Path:
    """The path of a program, for example `program("prometheus", "promtool")`."""
    return built(module) / name


def built(module: str) -> Path:
    """
    The directory of the module's programs.

    Skips the test where they are not built, and fails it where `CI=true`: there a missing program
    is a fault of the set-up that must not pass for a success.
    """
    directory = Module(_MODULES / module).built()
    if directory is None:
        advice = "run `make controlplane`" if shutil.which("go") else "install Go"
        reason = f"tests/controlplane/{module} is not built: {advice}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return directory


def kubernetes_version(module: str) -> str:
    """The version that the module's programs report, for example `v1.36.3`."""
    version = Module(_MODULES / module).kubernetes_version
    if version is None:
        raise ValueError(f"{module}/go.mod does not require k8s.io/kubernetes")
    return version
