"""
The provider file of ClusterProfiles: which command gives credentials for which access provider.

Its format: KEP-5339, and https://github.com/kubernetes-sigs/cluster-inventory-api, pkg/access.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from exporter.kubernetes.decoding import Decoder, Undecodable
from exporter.kubernetes.errors import KubeconfigError, RefusedByPolicy
from exporter.kubernetes.files import read_file
from exporter.kubernetes.trust import HARMLESS_ENVIRONMENT, Allow

MORE_ARGUMENTS = "clusterprofiles.multicluster.x-k8s.io/exec/additional-args"
MORE_ENVIRONMENT = "clusterprofiles.multicluster.x-k8s.io/exec/additional-envs"
"""Extensions of a profile's cluster that add to a command, where the file lets them."""


class _Variable(Struct):
    name: str
    value: str = ""


class Plugin(Struct, rename="camel"):
    """`execConfig`: a command as in a kubeconfig's `exec`."""

    command: str = ""
    args: list[str] = []
    env: list[_Variable] = []
    api_version: str = ""
    install_hint: str = ""
    provide_cluster_info: bool = False

    def __repr__(self) -> str:
        return f"Plugin({self.command!r})"


class AccessProvider(Struct):
    """A name that profiles may offer, and what gives the credentials then."""

    name: str
    plugin: Plugin = msgspec.field(name="execConfig", default_factory=Plugin)
    arguments: Literal["", "Append", "Ignore"] = msgspec.field(
        name="profileSourcedCLIArgsPolicy", default=""
    )
    environment: Literal["", "AppendIfNotExists", "Replace", "Ignore"] = msgspec.field(
        name="profileSourcedEnvVarsPolicy", default=""
    )

    def user(self, extensions: Mapping[str, Any], origin: str, allow: Allow) -> dict[str, Any]:
        """
        The fields of a kubeconfig's user, for a profile with these extensions of its cluster.

        Raises:
            KubeconfigError: an extension that adds to the command, and cannot be used.
            RefusedByPolicy: `allow.exec` does not list the command, whose output goes to a server
                that was found; or the profile sets what is not harmless.
        """
        command = self.plugin.command
        if command not in allow.exec:
            raise RefusedByPolicy(
                f"{origin}: access provider {self.name!r}: running {command!r} is refused;"
                f" allow.exec: [{command!r}] permits it"
            )

        given: dict[str, Any] = msgspec.to_builtins(self.plugin)
        if self.arguments == "Append":
            given["args"] += _converted(extensions, MORE_ARGUMENTS, list[str], origin)

        environment = {one.name: one.value for one in self.plugin.env}
        if self.environment in ("AppendIfNotExists", "Replace"):
            added = _converted(extensions, MORE_ENVIRONMENT, dict[str, str], origin)
            _refuse_harmful(added, origin)
            replaces = self.environment == "Replace"
            environment = {**environment, **added} if replaces else {**added, **environment}

        given["env"] = [{"name": name, "value": value} for name, value in environment.items()]
        return {"exec": given}


class _File(Struct):
    providers: list[AccessProvider] = []


_file = Decoder(_File)


def read_access_providers(path: Path) -> list[AccessProvider]:
    """
    The access providers of a provider file, in its order.

    Raises:
        KubeconfigError: the file, and what is wrong with it.
    """
    try:
        return _file.decode(read_file(path)).providers
    except OSError as error:
        raise KubeconfigError(f"{path}: {error.strerror}") from error
    except Undecodable as error:
        raise KubeconfigError(f"{path}: {error}") from None


def _converted(extensions: Mapping[str, Any], name: str, type_: Any, origin: str) -> Any:
    try:
        return msgspec.convert(extensions.get(name, type_()), type_)
    except msgspec.ValidationError as error:
        raise KubeconfigError(f"{origin}: extension {name}: {error}") from None


def _refuse_harmful(environment: Mapping[str, str], origin: str) -> None:
    for name in sorted(environment.keys() - HARMLESS_ENVIRONMENT):
        harmless = ", ".join(sorted(HARMLESS_ENVIRONMENT))
        raise RefusedByPolicy(
            f"{origin}: extension {MORE_ENVIRONMENT}: setting {name!r} is refused; only {harmless}"
            " may be set there, anything else in the provider file"
        )
