"""Where the colours of a number begin: where an alert begins, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["info", "warning", "critical"]

COLOURS: dict[Severity, str] = {"info": "blue", "warning": "orange", "critical": "red"}


@dataclass(frozen=True)
class Limit:
    """The number in the expression of an alert; a test compares them."""

    alert: str
    severity: Severity
    value: float


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """The colours of a number; `limits` from the mildest to the worst. Without any: no colours."""

    limits: tuple[Limit, ...] = ()
    falling: bool = False
    """The less the worse."""
    whole: bool = False
    """The number is a whole one and the alert wants more than the limit, which itself is fine."""
    counts: bool = False
    """
    The number counts what the alert fires for, so one is enough and the alert has no such number;
    or it counts the alerts themselves, and no alert is named.
    """

    def steps(self) -> list[dict[str, Any]]:
        """Grafana's steps: a colour holds from its value on, the first from minus infinity on."""
        if not self.limits:
            return [{"color": "text", "value": None}]

        colours = [COLOURS[limit.severity] for limit in self.limits]
        values = [limit.value + self.whole for limit in self.limits]
        if self.falling:
            colours, values = [*colours[::-1], "green"], values[::-1]
        else:
            colours = ["green", *colours]

        return [
            {"color": colour, "value": value}
            for colour, value in zip(colours, [None, *values], strict=True)
        ]


PLAIN = Threshold()
"""No colours: no alert looks at this number."""


def counting(severity: Severity, alert: str = "") -> Threshold:
    """The number counts what `alert` fires for with this severity; or alerts themselves."""
    return Threshold(limits=(Limit(alert, severity, 1),), counts=True)
