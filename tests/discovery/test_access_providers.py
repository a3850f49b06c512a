from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exporter.discovery.access_providers import AccessProvider, read_access_providers
from exporter.kubernetes.errors import KubeconfigError, RefusedByPolicy
from exporter.kubernetes.trust import Allow

ARGUMENTS = "clusterprofiles.multicluster.x-k8s.io/exec/additional-args"
ENVIRONMENT = "clusterprofiles.multicluster.x-k8s.io/exec/additional-envs"
ALLOW = Allow(exec=frozenset({"aws"}))


def provider(tmp_path: Path, **policies: str) -> AccessProvider:
    """The one of a file, whose command has an argument and a variable of its own."""
    env = [{"name": "AWS_REGION", "value": "of-the-file"}, {"name": "HOME", "value": "/home"}]
    exec_config = {"command": "aws", "args": ["eks"], "env": env, "InteractiveMode": "Never"}
    file = tmp_path / "providers.json"
    file.write_text(
        json.dumps({"providers": [{"name": "eks", "execConfig": exec_config, **policies}]})
    )
    (one,) = read_access_providers(file)
    return one


def command(one: AccessProvider, **extensions: Any) -> dict[str, Any]:
    """What is run for a profile with these extensions."""
    names = {"args": ARGUMENTS, "envs": ENVIRONMENT}
    given = {names[key]: value for key, value in extensions.items()}
    exec_: dict[str, Any] = one.user(given, "clusterprofile fleet/eu", ALLOW)["exec"]
    return exec_


def environment(one: AccessProvider, **added: str) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in command(one, envs=added)["env"]}


def test_a_command_that_is_not_allowed_is_refused(tmp_path: Path) -> None:
    """What it prints goes to whatever server the profile names."""
    with pytest.raises(RefusedByPolicy, match="running 'aws' is refused"):
        provider(tmp_path).user({}, "clusterprofile fleet/eu", Allow())


@pytest.mark.parametrize("policy", [{}, {"profileSourcedCLIArgsPolicy": "Ignore"}])
def test_arguments_of_a_profile_are_ignored(tmp_path: Path, policy: dict[str, str]) -> None:
    assert command(provider(tmp_path, **policy), args=["--debug"])["args"] == ["eks"]


def test_arguments_of_a_profile_are_appended_where_the_file_says_so(tmp_path: Path) -> None:
    one = provider(tmp_path, profileSourcedCLIArgsPolicy="Append")

    assert command(one, args=["--cluster-name", "eu"])["args"] == ["eks", "--cluster-name", "eu"]
    assert command(one)["args"] == ["eks"]


@pytest.mark.parametrize("policy", [{}, {"profileSourcedEnvVarsPolicy": "Ignore"}])
def test_variables_of_a_profile_are_ignored(tmp_path: Path, policy: dict[str, str]) -> None:
    one = provider(tmp_path, **policy)

    assert environment(one, PATH="/tmp") == {"AWS_REGION": "of-the-file", "HOME": "/home"}


@pytest.mark.parametrize(
    ("policy", "region"), [("AppendIfNotExists", "of-the-file"), ("Replace", "of-the-profile")]
)
def test_variables_of_a_profile_are_added_where_the_file_says_so(
    tmp_path: Path, policy: str, region: str
) -> None:
    one = provider(tmp_path, profileSourcedEnvVarsPolicy=policy)
    added = environment(one, AWS_REGION="of-the-profile", AWS_PROFILE="eu")

    assert added == {"AWS_REGION": region, "HOME": "/home", "AWS_PROFILE": "eu"}


def test_a_profile_sets_harmless_variables_only(tmp_path: Path) -> None:
    one = provider(tmp_path, profileSourcedEnvVarsPolicy="AppendIfNotExists")

    with pytest.raises(RefusedByPolicy, match="setting 'LD_PRELOAD' is refused"):
        environment(one, LD_PRELOAD="/tmp/x.so")


def test_arguments_that_are_no_list_are_a_fault_of_the_profile(tmp_path: Path) -> None:
    one = provider(tmp_path, profileSourcedCLIArgsPolicy="Append")

    with pytest.raises(KubeconfigError, match=f"^clusterprofile fleet/eu: extension {ARGUMENTS}"):
        command(one, args={"a": "b"})


def test_a_policy_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match=r"providers\.json"):
        provider(tmp_path, profileSourcedCLIArgsPolicy="Prepend")
