"""
The settings file: one frozen struct, checked in full before anything starts.

Names are the contract's; those under `collect` are kube-state-metrics' own. Everything below `app`
gets values, never these structs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
import yaml
from msgspec import Meta, Struct

from exporter.discovery.providers import AnyProvider
from exporter.kinds import DEFAULT_RESOURCES, KINDS
from exporter.overrides import ClusterOverride as ClusterOverride
from exporter.overrides import CollectOverride as CollectOverride
from exporter.overrides import SeriesLimit as SeriesLimit
from exporter.overrides import check_keys, check_overrides

RESOURCES = tuple(kind.resource for kind in KINDS)

MOST_OBJECT_LABELS = 10
"""Labels of an object that may be put on all its series; each makes every line longer."""

_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")
_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
_SETS = ("resources", "metric_allowlist", "metric_denylist", "metric_opt_in_list")
_UNKNOWN_KEY = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)


class SettingsError(Exception):
    """Settings that cannot be used; one line that names file, field and what is wrong."""


class Duration(float):
    """Seconds, written as Prometheus writes durations: ``5m``, ``1h30m``, ``60s``."""


class Poll(Struct, frozen=True, forbid_unknown_fields=True):
    """Kinds that are listed now and then instead of watched."""

    resources: tuple[str, ...] = ()
    interval: Duration = Duration(300)


class Collect(Struct, frozen=True, forbid_unknown_fields=True):
    """What is shown of every cluster; meaning as in kube-state-metrics."""

    resources: tuple[str, ...] = DEFAULT_RESOURCES
    namespaces: tuple[str, ...] = ()
    namespaces_denylist: tuple[str, ...] = ()
    node: str = ""
    track_unscheduled_pods: bool = False
    total_shards: Annotated[int, Meta(ge=1)] = 1
    shard: Annotated[int, Meta(ge=0)] = 0
    metric_allowlist: tuple[str, ...] = ()
    metric_denylist: tuple[str, ...] = ()
    metric_opt_in_list: tuple[str, ...] = ()
    labels_allow_list: dict[str, tuple[str, ...]] = {}
    annotations_allow_list: dict[str, tuple[str, ...]] = {}
    object_labels: dict[str, dict[str, str]] = {}
    poll: Poll = Poll()
    label_value_limit: Annotated[int, Meta(ge=0)] = 0
    custom_resource_state_config_file: str = ""
    custom_resources_only: bool = False


class Events(Struct, frozen=True, forbid_unknown_fields=True):
    """Counting of events."""

    enabled: bool = True


class Staleness(Struct, frozen=True, forbid_unknown_fields=True):
    """How long old data is held, and how long a unit waits for a kind that fails."""

    hold: Duration = Duration(300)
    first_sync: Duration = Duration(60)


class KubernetesAuthorization(Struct, frozen=True, forbid_unknown_fields=True):
    """By which cluster scrapers are known: the one around the pod, else kubectl's, or this one."""

    kubeconfig: str = ""
    context: str = ""


class Web(Struct, frozen=True, forbid_unknown_fields=True):
    """
    The main port, and who may ask either port. `lifecycle` is whether a request may have the
    settings read again; `web_config_file` is as of Prometheus' exporter-toolkit.
    """

    listen: str = ":8080"
    external_url: str = ""
    lifecycle: bool = False
    web_config_file: str = ""
    kubernetes_authorization: bool | KubernetesAuthorization = False


class Telemetry(Struct, frozen=True, forbid_unknown_fields=True):
    """The telemetry port."""

    listen: str = ":8081"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    cluster_label: str = "cluster"
    discovery: tuple[AnyProvider, ...] = ()
    collect: Collect = Collect()
    series_limit: SeriesLimit = SeriesLimit()
    workers: Annotated[int, Meta(ge=1)] = 1
    events: Events = Events()
    staleness: Staleness = Staleness()
    clusters: dict[str, ClusterOverride] = {}
    web: Web = Web()
    telemetry: Telemetry = Telemetry()


def read_settings(path: Path) -> Settings:
    """
    Raises:
        SettingsError: unreadable, not YAML, or not what the settings are.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise SettingsError(f"{path}: cannot be read: {reason}") from error

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as error:
        # All but the first come from PyYAML's constructors, given `2026-13-01` and the like.
        raise SettingsError(f"{path}: not YAML: {_one_line(str(error))}") from error

    try:
        check_keys(document)
        settings = msgspec.convert(
            _with_lists({} if document is None else document),
            Settings,
            dec_hook=_decode,
            str_keys=True,
        )
        check(settings)
    except (msgspec.ValidationError, ValueError) as error:
        raise SettingsError(f"{path}: {_one_line(_field_first(str(error)))}") from error

    return settings


def _with_lists(document: Any) -> Any:
    """kube-state-metrics' own file writes sets as ``{pods: {}}``; here they are lists."""
    if not isinstance(document, dict) or not isinstance(document.get("collect"), dict):
        return document

    collect = {
        name: list(value) if name in _SETS and isinstance(value, dict) else value
        for name, value in document["collect"].items()
    }
    return {**document, "collect": collect}


def check(settings: Settings) -> None:
    """
    Raises:
        ValueError: a value that has the right type and still means nothing; says where it stands.
    """
    if not _LABEL.fullmatch(settings.cluster_label):
        raise ValueError(f"{settings.cluster_label!r} is not a label name - at `$.cluster_label`")

    if settings.web.external_url and not _is_url(settings.web.external_url):
        raise ValueError("not a URL like https://host/path - at `$.web.external_url`")

    check_overrides(settings.clusters, settings.cluster_label)
    _check_lists(settings.collect)
    _check_choices(settings.collect)
    for resource, labels in settings.collect.object_labels.items():
        _check_object_labels(resource, labels, settings.cluster_label)


def _check_lists(collect: Collect) -> None:
    _check_resources("resources", collect.resources)
    _check_poll(collect.poll)
    for name in ("metric_allowlist", "metric_denylist", "metric_opt_in_list"):
        for place, pattern in enumerate(getattr(collect, name)):
            try:
                re.compile(pattern)
            except re.error as error:
                where = f"$.collect.{name}[{place}]"
                raise ValueError(f"not a regular expression: {error} - at `{where}`") from error


def _check_resources(name: str, resources: Sequence[str]) -> None:
    for place, resource in enumerate(resources):
        if resource not in RESOURCES:
            known = ", ".join(RESOURCES)
            raise ValueError(f"{resource!r} is not one of {known} - at `$.collect.{name}[{place}]`")


def _check_poll(poll: Poll) -> None:
    if "events" in poll.resources:
        raise ValueError(
            "events are counted as a watch brings them and cannot be polled; "
            "events.enabled: false does without them - at `$.collect.poll.resources`"
        )

    _check_resources("poll.resources", poll.resources)
    if poll.interval < 1:
        raise ValueError("must be at least 1s - at `$.collect.poll.interval`")


def _check_choices(collect: Collect) -> None:
    if collect.metric_allowlist and collect.metric_denylist:
        raise ValueError("metric_allowlist and metric_denylist exclude each other - at `$.collect`")

    if collect.node and collect.track_unscheduled_pods:
        raise ValueError("node and track_unscheduled_pods exclude each other - at `$.collect`")

    if collect.shard >= collect.total_shards:
        raise ValueError("must be less than total_shards - at `$.collect.shard`")


def _check_object_labels(resource: str, labels: Mapping[str, str], cluster_label: str) -> None:
    where = f"$.collect.object_labels.{resource}"
    kind = next((one for one in KINDS if one.resource == resource), None)
    if kind is None:
        raise ValueError(f"{resource!r} is not one of {', '.join(RESOURCES)} - at `{where}`")

    if len(labels) > MOST_OBJECT_LABELS:
        raise ValueError(f"at most {MOST_OBJECT_LABELS} labels of a resource - at `{where}`")

    taken = {cluster_label, *kind.identity}
    taken |= {label for family in kind.families for label in family.labels}
    for name in labels:
        if not _LABEL.fullmatch(name):
            raise ValueError(f"{name!r} is not a label name - at `{where}`")

        if name in taken or name.startswith(("label_", "annotation_")):
            raise ValueError(f"{name!r} is a label that its series have - at `{where}`")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False

    # /sd shows it to everybody, so no password; nor could Prometheus use one there.
    return parts.scheme in ("http", "https") and bool(parts.netloc) and "@" not in parts.netloc


def _decode(type_: type[Any], value: Any) -> Any:
    if type_ is not Duration:
        raise NotImplementedError(type_)

    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise ValueError(f"a duration is written as 5m, 1h30m or 60s, not {value!r}")

    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return Duration(3600 * hours + 60 * minutes + seconds)


def _field_first(problem: str) -> str:
    """
    msgspec's ``Expected … - at `$.web.listen` `` → ``web.listen: expected …``; a key that nobody
    knows is named with its own path instead of that of what it stands in.
    """
    what, at, place = problem.rpartition(" - at `$")
    if not at:
        what, place = problem, ""

    path = place.removesuffix("`").removeprefix(".")
    if unknown := _UNKNOWN_KEY.fullmatch(what):
        return f"{path}.{unknown[1]}: unknown key".removeprefix(".")

    return f"{path}: {what[:1].lower()}{what[1:]}" if path else what


def _one_line(text: str) -> str:
    return " ".join(text.split())
