"""A cluster as an object of its manager stands for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from exporter.discovery.declared import Labelled
from exporter.discovery.found import Finding
from exporter.discovery.provider import Way
from exporter.kubernetes.objects import Metadata


def member(
    declared: Labelled,
    metadata: Metadata,
    fields: Mapping[str, str],
    *,
    origin: str,
    of: tuple[object, ...],
    way: Callable[[], Way],
    name: str = "",
) -> Finding:
    """
    The cluster that an object with this metadata stands for, named as the object unless `name` says
    otherwise. Managers write to their objects all the time, so `of` is what the way is made of.

    Labels and marks come from the object's labels, then its `fields`, then its annotations. Whose
    object is being deleted is in maintenance. What a manager thinks of a cluster's health is no
    reason not to read it: that is found out by reading.
    """
    sources = (metadata.labels, fields, metadata.annotations)
    labels = declared.mapped(*sources)
    maintenance = metadata.deletion_timestamp is not None
    maintenance = maintenance or declared.marked("maintenance", *sources)
    virtual = declared.marked("virtual", *sources)
    hibernated = declared.marked("hibernated", *sources)
    return Finding(
        name=name or metadata.name,
        origin=origin,
        of=(labels, maintenance, virtual, hibernated, *of),
        way=way,
        labels=labels,
        maintenance=maintenance,
        virtual=virtual,
        hibernated=hibernated,
    )


def filled(fields: Mapping[str, str]) -> dict[str, str]:
    """Those that hold anything."""
    return {path: text for path, text in fields.items() if text}
