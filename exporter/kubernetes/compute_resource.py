"""
Which compute resources (cpu, memory, devices) are shown, under which name, and in which unit.

Source of the rules: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
and, for what counts as an extended resource, ``IsExtendedResourceName`` of Kubernetes' core/v1
helpers, which kube-state-metrics follows.
"""

from __future__ import annotations

import re
from functools import lru_cache

_INVALID = re.compile(r"[^a-zA-Z0-9_]")

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAME = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LONGEST_SUBDOMAIN = 253
_LONGEST_NAME = 63

_BYTES = frozenset({"memory", "storage", "ephemeral-storage"})
_IN_BYTES = ("hugepages-", "attachable-volumes-")
"""kube-state-metrics counts attachable volumes in bytes; we do so too, for its users' queries."""


@lru_cache(maxsize=1024)
def resource_units(name: str) -> tuple[tuple[str, str], ...]:
    """
    The label values ``resource`` and ``unit`` of a container's resource; empty for one not shown.

    A name may have two: ``hugepages-x/y`` is counted in bytes and as an extended resource.
    """
    label = _INVALID.sub("_", name)
    if name == "cpu":
        return ((label, "core"),)

    if name in _BYTES:
        return ((label, "byte"),)

    shown = [(label, "byte")] if name.startswith(_IN_BYTES) else []
    if _is_extended(name):
        shown.append((label, "integer"))

    return tuple(shown)


def _is_extended(name: str) -> bool:
    """A device that somebody else than Kubernetes named: ``example.com/gpu``."""
    if "kubernetes.io/" in name or name.startswith("requests."):
        return False

    # The name must remain valid in a quota, where it is written behind "requests.".
    domain, slash, own = f"requests.{name}".partition("/")
    return (
        bool(slash)
        and len(domain) <= _LONGEST_SUBDOMAIN
        and len(own) <= _LONGEST_NAME
        and _SUBDOMAIN.fullmatch(domain) is not None
        and _NAME.fullmatch(own) is not None
    )
