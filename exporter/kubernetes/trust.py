"""Where something was found that the user did not write, and what it may make us do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from exporter.kubernetes.clouds.cloud import CloudName

HARMLESS_ENVIRONMENT = frozenset(
    {"AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_REGION", "AWS_STS_REGIONAL_ENDPOINTS"}
)
"""
What a command that was found may have in its environment: what aws and eksctl write into
kubeconfigs. Everything else names programs, files or addresses sooner or later: `PATH`, `LD_*`,
`PYTHONPATH` and `*_PROXY`, but also `AWS_CONFIG_FILE`, `AWS_ENDPOINT_URL` and `CLOUDSDK_PYTHON`.
"""


@dataclass(frozen=True)
class Allow:
    """
    What a kubeconfig or address may make us do that was found in a cluster or behind a URL.

    `exec` is the commands that may run, spelled as the kubeconfig spells them. Such a command gets
    whatever arguments were found, and what it prints goes to whatever server was found: where that
    is too much, list a script of your own. `local_addresses` is about loopback, link-local and
    cloud metadata addresses; private ranges are always fine. `insecure_tls` is about certificates
    that nobody checks, and about plain http. `file_paths` is about reading files of ours; they are
    sent to whatever server was found. `proxy` is about connecting through one. `native` is the
    clouds whose tokens we may get ourselves, without a command: as whichever of our identities the
    finding asks for, and for whatever server was found. An access token of Google is good for all
    that its account may do there, one of Entra ID for every AKS cluster that knows us.
    """

    exec: frozenset[str] = frozenset()
    local_addresses: bool = False
    insecure_tls: bool = False
    file_paths: bool = False
    proxy: bool = False
    native: frozenset[CloudName] = frozenset()


@dataclass(frozen=True)
class Found:
    """A place that the user did not write, as `secret fleet/eu-1`, and what it is allowed."""

    origin: str
    allow: Allow

    def __str__(self) -> str:
        return self.origin


Source = Path | Found
"""Where something stands: the file that the user named, or a place that he did not write."""
