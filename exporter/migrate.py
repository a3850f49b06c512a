"""
From kube-state-metrics to this exporter: its arguments as settings, its page compared with ours.

Flags as of kube-state-metrics 2.20 (its docs/developer/cli-arguments.md).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import yaml
from prometheus_client.parser import text_string_to_metric_families

DEADLINE = 120.0
"""Seconds for one page; kube-state-metrics' can be large and slow."""

Collect = dict[str, Any]
_ALLOW_ENTRY = re.compile(r"([^=,\[\]]+)=\[([^\]]*)\](?:,|$)")


class MigrationError(Exception):
    """An argument that has no meaning here; one line that names it and says why."""


def _list(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _allow_list(value: str) -> dict[str, list[str]]:
    """``pods=[app,team],nodes=[*]`` → a mapping."""
    found = {match[1].strip(): _list(match[2]) for match in _ALLOW_ENTRY.finditer(value)}
    if _ALLOW_ENTRY.sub("", value).strip():
        raise ValueError("is written as resource=[key,key],resource=[*]")

    return found


def _flag(value: str) -> bool:
    if value.lower() not in ("true", "false", "t", "f", "1", "0"):
        raise ValueError("is true or false")

    return value.lower() in ("true", "t", "1")


_COLLECT: dict[str, tuple[str, Callable[[str], Any]]] = {
    "resources": ("resources", _list),
    "namespaces": ("namespaces", _list),
    "namespaces-denylist": ("namespaces_denylist", _list),
    "metric-allowlist": ("metric_allowlist", _list),
    "metric-denylist": ("metric_denylist", _list),
    "metric-opt-in-list": ("metric_opt_in_list", _list),
    "metric-labels-allowlist": ("labels_allow_list", _allow_list),
    "metric-annotations-allowlist": ("annotations_allow_list", _allow_list),
    "node": ("node", str),
    "track-unscheduled-pods": ("track_unscheduled_pods", _flag),
    "total-shards": ("total_shards", int),
    "shard": ("shard", int),
    "custom-resource-state-config-file": ("custom_resource_state_config_file", str),
    "custom-resource-state-only": ("custom_resources_only", _flag),
}
"""kube-state-metrics' flag → the name under `collect`, and how its value is read."""

_WEB: dict[str, tuple[str, Callable[[str], Any]]] = {
    "tls-config": ("web_config_file", str),
    "auth-filter": ("kubernetes_authorization", _flag),
}
"""kube-state-metrics' flag → the name under `web`, which is about both ports."""

_NEEDLESS = {
    "enable-gzip-encoding": "gzip is always answered to those who accept it",
    "use-apiserver-cache": "lists are paged, and one relist never goes back in time",
    "object-limit": "pages bound what a list takes at once",
    "auto-gomemlimit": "there is no Go runtime",
    "auto-gomemlimit-ratio": "there is no Go runtime",
    "server-idle-timeout": "deadlines are built in",
    "server-read-timeout": "deadlines are built in",
    "server-read-header-timeout": "deadlines are built in",
    "server-write-timeout": "deadlines are built in",
    "log-file": "logs go to stderr",
    "log-dir": "logs go to stderr",
    "log-file-max-size": "logs go to stderr",
    "logtostderr": "logs go to stderr",
    "alsologtostderr": "logs go to stderr",
    "stderrthreshold": "see --log-level",
    "vmodule": "see --log-level",
    "v": "see --log-level",
    "add-dir-header": "logs have fields of their own",
    "skip-headers": "logs have fields of their own",
    "skip-log-headers": "logs have fields of their own",
    "one-output": "logs have fields of their own",
    "log-backtrace-at": "logs have fields of their own",
}
"""Flags that need no setting here, and why."""

_REFUSED = {
    "pod": "shards are numbered here: set collect.shard and collect.total_shards of each replica",
    "pod-namespace": "shards are numbered here: set collect.shard of each replica",
    "custom-resource-state-config": "write the document to a file and name that",
    "config": "name its settings under collect, whose spelling is the same",
    "apiserver": "name the cluster in a kubeconfig",
}
"""Flags whose meaning cannot be had by a setting, and what to do instead."""

_SWITCHES = frozenset(
    {
        "track-unscheduled-pods",
        "custom-resource-state-only",
        "auth-filter",
        "enable-gzip-encoding",
        "use-apiserver-cache",
        "auto-gomemlimit",
        "logtostderr",
        "alsologtostderr",
        "add-dir-header",
        "skip-headers",
        "skip-log-headers",
        "one-output",
    }
)
"""Flags that may stand without a value."""


def settings_for(arguments: Sequence[str]) -> str:
    """
    The settings file that means what these arguments of kube-state-metrics mean; YAML.

    Raises:
        MigrationError: an argument that is unknown, malformed, or has no equivalent.
    """
    collect: Collect = {}
    web: dict[str, Any] = {}
    comments: list[str] = []
    listen: dict[str, str] = {}
    kubeconfig = ""
    for name, value in _pairs(arguments):
        if name in _COLLECT:
            key, read = _COLLECT[name]
            collect[key] = _read(name, value, read)
        elif name in _WEB:
            key, read = _WEB[name]
            web[key] = _read(name, value, read)
        elif name == "kubeconfig":
            kubeconfig = value
        elif name in ("host", "port", "telemetry-host", "telemetry-port"):
            listen[name] = value
        elif name in _NEEDLESS:
            comments.append(f"# --{name}: {_NEEDLESS[name]}")
        else:
            raise MigrationError(f"--{name}: {_REFUSED.get(name, 'is not known')}")

    document = _document(collect, listen, kubeconfig)
    if kubeconfig and web.get("kubernetes_authorization"):
        web["kubernetes_authorization"] = {"kubeconfig": kubeconfig}

    if web:
        document["web"] = document.get("web", {}) | web

    text = yaml.safe_dump(document, sort_keys=False) if document else ""
    return "".join(f"{line}\n" for line in comments) + (text or "{}\n")


def _document(collect: Collect, listen: dict[str, str], kubeconfig: str) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if kubeconfig:
        document["discovery"] = [{"provider": "kubeconfig", "files": [kubeconfig]}]

    if collect:
        document["collect"] = collect

    for section, prefix, port in (("web", "", "8080"), ("telemetry", "telemetry-", "8081")):
        if f"{prefix}host" in listen or f"{prefix}port" in listen:
            host = listen.get(f"{prefix}host", "").removeprefix("::")
            document[section] = {"listen": f"{host}:{listen.get(f'{prefix}port', port)}"}

    return document


def _pairs(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """Flags as Go's pflag reads them: ``--name=value`` or ``--name value``."""
    found = []
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if not argument.startswith("-"):
            raise MigrationError(f"{argument}: kube-state-metrics takes flags alone")

        name, given, value = argument.lstrip("-").partition("=")
        if not given:
            if name in _SWITCHES:
                value = "true"
            elif left:
                value = left.pop(0)
            else:
                raise MigrationError(f"--{name}: its value is missing")

        found.append((name, value))

    return found


def _read(name: str, value: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(value)
    except ValueError as error:
        raise MigrationError(f"--{name}: {error}") from error


@dataclass(frozen=True)
class Difference:
    """A family of which not all series are on both pages."""

    name: str
    only_theirs: int
    only_ours: int
    example: str


async def compare_pages(theirs: str, ours: str) -> list[Difference]:
    """
    `compare` for the pages at two URLs.

    Raises:
        MigrationError: a page that cannot be read; names its URL.
    """
    timeout = aiohttp.ClientTimeout(total=DEADLINE)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        return compare(await _page(session, theirs), await _page(session, ours))


async def _page(session: aiohttp.ClientSession, url: str) -> str:
    try:
        async with session.get(url) as answer:
            if answer.status != 200:
                raise MigrationError(f"{url}: answered {answer.status}")

            return await answer.text()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise MigrationError(f"{url}: cannot be read: {type(error).__name__}") from error


def compare(theirs: str, ours: str, cluster_label: str = "cluster") -> list[Difference]:
    """
    What differs between a page of kube-state-metrics and ours of the same cluster.

    Both are compared as multisets of name, labels and value; our cluster label is left out.
    """
    left, right = _samples(theirs, ""), _samples(ours, cluster_label)
    differences = []
    for name in sorted({sample[0] for sample in (left - right) + (right - left)}):
        missing = [one for one in (left - right).elements() if one[0] == name]
        extra = [one for one in (right - left).elements() if one[0] == name]
        _, labels, value = (missing or extra)[0]
        shown = ",".join(f'{key}="{text}"' for key, text in labels)
        differences.append(Difference(name, len(missing), len(extra), f"{name}{{{shown}}} {value}"))

    return differences


def _samples(page: str, left_out: str) -> Counter[tuple[str, tuple[tuple[str, str], ...], float]]:
    return Counter(
        (
            sample.name,
            tuple(sorted((key, text) for key, text in sample.labels.items() if key != left_out)),
            sample.value,
        )
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name.startswith("kube_")
        and not sample.name.startswith("kube_fleet_")
        and not sample.name.startswith("kube_state_metrics_")
    )


def report(differences: Sequence[Difference]) -> str:
    """The differences, for people."""
    if not differences:
        return "no difference\n"

    return "".join(
        f"{one.name}: {one.only_theirs} series only there, {one.only_ours} only here; "
        f"such as {one.example}\n"
        for one in differences
    )
