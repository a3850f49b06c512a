"""The commands that clouds' kubeconfigs name → the cloud whose token they would print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import msgspec

from exporter.kubernetes.clouds.cloud import AKS_SERVER, Aks, Cloud, Eks, Gke

_IGNORED = ""
"""The field of a flag or variable that changes nothing for us."""

_AWS_VARIABLES = {
    "AWS_DEFAULT_REGION": "region",
    "AWS_REGION": "region",
    "AWS_PROFILE": "profile",
    "AWS_STS_REGIONAL_ENDPOINTS": _IGNORED,
}

_AZURE_VARIABLES = {
    "AAD_ENVIRONMENT_NAME": "environment",
    "AAD_LOGIN_METHOD": "login",
    "AAD_SERVER_APPLICATION_ID": "server",
    "AAD_SERVICE_PRINCIPAL_CLIENT_ID": "client_id",
    "AZURE_AUTHORITY_HOST": "authority",
    "AZURE_CLIENT_ID": "client_id",
    "AZURE_FEDERATED_TOKEN_FILE": _IGNORED,  # where it is in that pod, say Argo CD's; we have ours
    "AZURE_TENANT_ID": "tenant_id",
}

_AUTHORITIES = {
    "login.microsoftonline.com": "AzurePublicCloud",
    "login.microsoftonline.us": "AzureUSGovernmentCloud",
    "login.chinacloudapi.cn": "AzureChinaCloud",
    "login.partner.microsoftonline.cn": "AzureChinaCloud",
}
"""Other hosts are not understood: we would send them what proves who we are."""


@dataclass(frozen=True)
class _Command:
    """How a command is called: `words`, and which field each flag or variable is of."""

    kind: type[Eks] | type[Gke] | type[Aks]
    words: tuple[str, ...]
    flags: Mapping[str, str] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    variables: Mapping[str, str] = field(default_factory=dict)
    usual: Mapping[str, str] = field(default_factory=dict)


_COMMANDS = {
    "aws": [
        _Command(
            Eks,
            ("eks", "get-token"),
            {
                "--cluster-name": "cluster_name",
                "--cluster-id": "cluster_name",
                "--region": "region",
                "--role-arn": "role_arn",
                "--role": "role_arn",
                "--profile": "profile",
                "--output": _IGNORED,
            },
            variables=_AWS_VARIABLES,
        )
    ],
    "aws-iam-authenticator": [
        _Command(
            Eks,
            ("token",),
            {
                "-i": "cluster_name",
                "--cluster-id": "cluster_name",
                "-r": "role_arn",
                "--role": "role_arn",
                "--external-id": "external_id",
                "--region": "region",
            },
            variables=_AWS_VARIABLES,
        )
    ],
    "gke-gcloud-auth-plugin": [
        _Command(Gke, (), switches=frozenset({"--use_application_default_credentials"}))
    ],
    "kubelogin": [
        _Command(
            Aks,
            ("get-token",),
            {
                "-l": "login",
                "--login": "login",
                "--server-id": "server",
                "--client-id": "client_id",
                "-t": "tenant_id",
                "--tenant-id": "tenant_id",
                "-e": "environment",
                "--environment": "environment",
                "--authority-host": "authority",
            },
            variables=_AZURE_VARIABLES,
            usual={"login": "devicecode"},
        )
    ],
    "argocd-k8s-auth": [
        _Command(
            Eks,
            ("aws",),
            {"--cluster-name": "cluster_name", "--role-arn": "role_arn", "--profile": "profile"},
            variables=_AWS_VARIABLES,
        ),
        _Command(Gke, ("gcp",)),
        _Command(Aks, ("azure",), variables=_AZURE_VARIABLES, usual={"login": "workloadidentity"}),
    ],
}


def cloud_of(
    command: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> Cloud | None:
    """
    The cloud, if all that the command is told is understood.

    None for whatever else: other commands, flags, variables and logins, an Entra ID application
    that is not that of AKS, an authority that is none of Microsoft's, secrets of other identities.
    """
    for known in _COMMANDS.get(PurePosixPath(command).name, []):
        given = _given(known, arguments, environment)
        if given is None:
            continue

        if given.pop("server", AKS_SERVER) != AKS_SERVER:
            return None

        if (authority := given.pop("authority", None)) is not None:
            host = authority.removeprefix("https://").rstrip("/")
            given.setdefault("environment", _AUTHORITIES.get(host, "unknown"))

        try:
            return msgspec.convert(given, known.kind)
        except msgspec.ValidationError:
            return None

    return None


def _given(
    known: _Command, arguments: Sequence[str], environment: Mapping[str, str]
) -> dict[str, str] | None:
    """What the command is told, by field; flags count before variables. None if not understood."""
    if not environment.keys() <= known.variables.keys():
        return None

    told = dict(known.usual)
    told |= {
        known.variables[name]: environment[name] for name in known.variables if name in environment
    }
    words, left = [], iter(arguments)
    for argument in left:
        name, equals, value = argument.partition("=")
        if not argument.startswith("-"):
            words.append(argument)
        elif name in known.flags:
            told[known.flags[name]] = value if equals else next(left, "")
        elif argument not in known.switches:
            return None

    told.pop(_IGNORED, None)
    return told if tuple(words) == known.words else None
