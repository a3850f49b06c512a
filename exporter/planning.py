"""From the settings to what is read of each cluster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter import settings as configured
from exporter.families.kind import Kind
from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.fleet.plan import Plan, Polling
from exporter.fleet.plans import Override, Plans, Reading
from exporter.fleet.sharding import Shard
from exporter.fleet.unit import Staleness
from exporter.kinds import KINDS
from exporter.kinds.custom.document import Document, read_document
from exporter.settings import Settings, SettingsError
from exporter.store.budget import SeriesLimit

Writers = Mapping[Kind[Any], KindWriter[Any]]


class Planning:
    """
    Plans by settings that change: what the same settings ask for again is the same plan, and its
    text has the same writers.
    """

    def __init__(self) -> None:
        self._asked: object = None
        self._plan: Plan | None = None
        self._plans: Plans | None = None

    def plans(self, settings: Settings) -> Plans:
        """
        Raises:
            SettingsError: the document about custom resources cannot be used.
        """
        file = settings.collect.custom_resource_state_config_file
        document = _text(file) if file else ""
        asked = (
            settings.cluster_label,
            settings.collect,
            settings.events,
            settings.staleness,
            settings.series_limit,
            document,
        )
        plan, before = self._plan, self._plans
        if plan is None or before is None or asked != self._asked:
            plan, before = _plan(settings, _read(file, document)), None

        writers = before.kinds if before else {}
        made = Plans(plan, _overrides(settings), _all_kinds(settings, plan, writers))
        if before:
            made.follow(before)

        self._asked, self._plan, self._plans = asked, plan, made
        return made


def _plan(settings: Settings, document: Document | None) -> Plan:
    collect = settings.collect
    chosen = _selection(settings)
    return Plan(
        kinds={
            kind: KindWriter(kind, chosen)
            for kind in KINDS
            if kind.resource in collect.resources and not collect.custom_resources_only
        },
        events=settings.events.enabled,
        staleness=Staleness(settings.staleness.hold, settings.staleness.first_sync),
        polling=Polling(frozenset(collect.poll.resources), collect.poll.interval),
        namespaces=collect.namespaces,
        namespaces_denylist=collect.namespaces_denylist,
        pods_selector=_pods_selector(collect),
        shard=Shard(collect.shard, collect.total_shards) if collect.total_shards > 1 else None,
        series_limit=SeriesLimit(settings.series_limit.cluster, settings.series_limit.family),
        selection=chosen,
        custom_resources=document,
    )


def _selection(settings: Settings) -> Selection:
    """Which families are written, and how."""
    collect = settings.collect
    return Selection(
        cluster_label=settings.cluster_label,
        metric_allowlist=collect.metric_allowlist,
        metric_denylist=collect.metric_denylist,
        metric_opt_in_list=collect.metric_opt_in_list,
        labels_allow_list=collect.labels_allow_list,
        annotations_allow_list=collect.annotations_allow_list,
        object_labels=collect.object_labels,
        label_value_limit=collect.label_value_limit,
    )


def _all_kinds(settings: Settings, plan: Plan, writers: Writers) -> Writers:
    """Those of the plan, and those that single clusters have besides; `writers` are there."""
    if settings.collect.custom_resources_only:
        return plan.kinds

    named = {
        resource
        for override in settings.clusters.values()
        for resource in override.collect.resources or ()
    }
    return {
        kind: plan.kinds.get(kind) or writers.get(kind) or KindWriter(kind, plan.selection)
        for kind in KINDS
        if kind in plan.kinds or kind.resource in named
    }


def _overrides(settings: Settings) -> list[Override]:
    return [_override(pattern, said) for pattern, said in settings.clusters.items()]


def _override(pattern: str, said: configured.ClusterOverride) -> Override:
    collect, limit = said.collect, said.series_limit
    reading = Reading(
        None if collect.resources is None else frozenset(collect.resources),
        collect.namespaces,
        collect.namespaces_denylist,
        None if limit is None else SeriesLimit(limit.cluster, limit.family),
    )
    return Override(pattern, said.labels, said.maintenance, said.uid, reading)


def _text(file: str) -> str:
    try:
        return Path(file).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{file}: {error}") from error


def _read(file: str, text: str) -> Document | None:
    if not file:
        return None

    try:
        return read_document(text)
    except ValueError as error:
        raise SettingsError(f"{file}: {error}") from error


def _pods_selector(collect: configured.Collect) -> str:
    if collect.track_unscheduled_pods:
        return "spec.nodeName="

    return f"spec.nodeName={collect.node}" if collect.node else ""
