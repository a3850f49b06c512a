"""The rules of alerts/ and the routes of its Alertmanager, in which time passes faster."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import yaml

from tests.alerts.rules import ALERTS, groups, rule_files

_DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+")
_TOKEN = re.compile(
    r"""(?P<other>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\#[^\n]*)"""
    rf"|\[[^\]]*\]|\boffset\s+-?{_DURATION.pattern}"
)
"""What is quoted or remarked, where nothing is a duration; else a range or an offset."""

_UNITS = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "y": 31536000.0,
}


def compressed_rules(factor: int) -> dict[str, Any]:
    """
    All rules of alerts/ in one file's form. Scaled are `for`, `keep_firing_for`, the interval of a
    group, ranges, steps of subqueries and offsets.

    Numbers that rules compare with are not: a rate is a second's, and what the exporter measures
    in seconds lasts as long as ever.
    """
    found = [group for file in rule_files() for group in groups(file)]
    for group in found:
        _scale(group, ("interval",), factor)
        for rule in group["rules"]:
            _scale(rule, ("for", "keep_firing_for"), factor)
            rule["expr"] = compressed(rule["expr"], factor)
    return {"groups": found}


def compressed(expression: str, factor: int) -> str:
    """A PromQL expression whose ranges, steps and offsets are so many times shorter."""

    def shorter(found: re.Match[str]) -> str:
        if found["other"] is not None:
            return found["other"]
        return _DURATION.sub(lambda one: _scaled(one[0], factor), found[0])

    return _TOKEN.sub(shorter, expression)


def compressed_alertmanager(factor: int, receivers: Mapping[str, str]) -> dict[str, Any]:
    """
    alerts/alertmanager.yaml; `receivers` are the webhooks of those that notify, by name.

    Scaled are the waits of routes. Raises KeyError for a name that is none of its receivers.
    """
    content: dict[str, Any] = yaml.safe_load((ALERTS / "alertmanager.yaml").read_text())
    _scale_route(content["route"], factor)
    by_name = {receiver["name"]: receiver for receiver in content["receivers"]}
    for name, url in receivers.items():
        by_name[name]["webhook_configs"] = [{"url": url}]
    return content


def duration(text: str) -> timedelta:
    """Of `90m` or `1h30m`."""
    parts = re.findall(r"(\d+)(ms|[smhdwy])", text)
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))


def _scale_route(route: dict[str, Any], factor: int) -> None:
    _scale(route, ("group_wait", "group_interval", "repeat_interval"), factor)
    for child in route.get("routes", ()):
        _scale_route(child, factor)


def _scale(content: dict[str, Any], keys: tuple[str, ...], factor: int) -> None:
    for key in keys:
        if key in content:
            content[key] = _scaled(content[key], factor)


def _scaled(text: str, factor: int) -> str:
    return f"{round(duration(text) / timedelta(milliseconds=1) / factor)}ms"
