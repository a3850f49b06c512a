"""
A family: name, help, labels, and the function that turns an object into its series.

Four shapes cover all that kube-state-metrics has: ``number`` (one series or none), ``rows`` (label
values, then the number), ``states`` (which one of a fixed set holds) and ``mapping`` (labels named
by the object). Histograms are for what we count ourselves. A family is declared by a function: its
name is the metric's, its docstring the help. Families of custom resources are not declared but
made, of a user's document, and have a shape of their own: labels and a number for each series.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from exporter.exposition.text import MetricType, Number

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

Stability = Literal["stable", "alpha", "deprecated"]
Row = tuple[Any, ...]
"""Label values (str) in the order of the declaration, then the number."""

Rows = Sequence[Row]

LabelledNumber = tuple[Mapping[str, str], Number]
"""Label names with their values, and the number."""

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class HistogramValue(Protocol):
    """What a histogram row ends with: cumulative counts by upper bound, without +Inf."""

    buckets: Sequence[tuple[str, int]]
    sum: float
    count: int


@dataclass(frozen=True)
class Single(Generic[T]):
    """One series without labels of its own, or none."""

    of: Callable[[T], Number | None]


@dataclass(frozen=True)
class RowsOf(Generic[T]):
    """Any number of series, each with the declared labels."""

    of: Callable[[T], Rows]
    optional: bool = False
    """Whether a label may be None: then the series does not have it."""


@dataclass(frozen=True)
class States(Generic[T]):
    """One series for each value of a fixed set: 1 for the current one, 0 for the others."""

    of: Callable[[T], str | None]
    values: tuple[str, ...]


@dataclass(frozen=True)
class MappingOf(Generic[T]):
    """One series whose labels are named by the object: prefix + the key made a label name."""

    of: Callable[[T], Mapping[str, str]]
    prefix: str
    choice: Literal["labels", "annotations"] | None
    """Which allow list decides about the keys; None shows them all."""


@dataclass(frozen=True)
class LabelledOf(Generic[T]):
    """Any number of series, each with labels of its own."""

    of: Callable[[T], Iterable[LabelledNumber]]


@dataclass(frozen=True)
class Histogram(Generic[T]):
    """Rows that end with a `HistogramValue`."""

    of: Callable[[T], Rows]


Shape = Single[T] | RowsOf[T] | States[T] | MappingOf[T] | LabelledOf[T] | Histogram[T]


@dataclass(frozen=True, eq=False)
class Family(Generic[T]):
    """One family as declared; `exporter.families.writer` makes it write text."""

    name: str
    help: str
    type: MetricType
    labels: tuple[str, ...]
    stability: Stability
    opt_in: bool
    shape: Shape[T]

    @property
    def shown_help(self) -> str:
        """The help as kube-state-metrics marks it: stable families say so."""
        return f"[STABLE] {self.help}" if self.stability == "stable" else self.help

    @property
    def sample_names(self) -> tuple[str, ...]:
        """What its series are called."""
        if isinstance(self.shape, Histogram):
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")

        return (self.name,)


class Families(Generic[T]):
    """
    The families of one sort of object, in the order of their declaration.

    Raises:
        ValueError: while importing, when a declaration has no docstring, a bad label, or a name
            that is declared already.
    """

    def __init__(self) -> None:
        self.families: list[Family[T]] = []

    def number(
        self,
        *,
        stability: Stability = "alpha",
        counter: bool = False,
        opt_in: bool = False,
    ) -> Callable[[F], F]:
        """Declare a family of one series for each object: a number, or None for no series."""
        return lambda of: self._declare(of, Single(of), (), stability, counter, opt_in)

    def rows(
        self,
        *labels: str,
        optional: tuple[str, ...] = (),
        stability: Stability = "alpha",
        counter: bool = False,
        opt_in: bool = False,
    ) -> Callable[[F], F]:
        """
        Declare a family of rows: the values of `labels`, those of `optional` (None for a label
        that the series does not have), then the number.
        """
        return lambda of: self._declare(
            of, RowsOf(of, bool(optional)), labels + optional, stability, counter, opt_in
        )

    def states(
        self,
        label: str,
        values: Sequence[str],
        *,
        stability: Stability = "alpha",
        opt_in: bool = False,
    ) -> Callable[[F], F]:
        """Declare a family with a series for each of `values`; None for no series at all."""
        return lambda of: self._declare(
            of, States(of, tuple(values)), (label,), stability, False, opt_in
        )

    def mapping(
        self,
        prefix: str,
        *,
        choice: Literal["labels", "annotations"] | None = None,
        stability: Stability = "alpha",
        opt_in: bool = False,
    ) -> Callable[[F], F]:
        """Declare a family whose labels are an object's own keys behind `prefix`."""
        return lambda of: self._declare(
            of, MappingOf(of, prefix, choice), (), stability, False, opt_in
        )

    def labelled(self, *labels: str) -> Callable[[F], F]:
        """
        Declare a family of labelled numbers, whose series may have other labels beside `labels`.
        """
        return lambda of: self._declare(of, LabelledOf(of), labels, "alpha", False, False)

    def histogram(self, *labels: str) -> Callable[[F], F]:
        """Declare a histogram: the values of `labels`, then a `HistogramValue`."""
        return lambda of: self._declare(of, Histogram(of), labels, "alpha", False, False)

    def _declare(
        self,
        function: F,
        shape: Shape[T],
        labels: tuple[str, ...],
        stability: Stability,
        counter: bool,
        opt_in: bool,
    ) -> F:
        name = function.__name__
        help_ = " ".join((function.__doc__ or "").split())
        if not help_:
            raise ValueError(f"{name}: a family needs a docstring, it is the HELP text")

        for label in (name, *labels):
            if not _NAME.fullmatch(label):
                raise ValueError(f"{name}: {label!r} is not a name in snake case")

        if any(family.name == name for family in self.families):
            raise ValueError(f"{name} is declared twice")

        if len(set(labels)) != len(labels):
            raise ValueError(f"{name}: a label is named twice")

        type_: MetricType = "counter" if counter else "gauge"
        if isinstance(shape, Histogram):
            type_ = "histogram"

        self.families.append(Family(name, help_, type_, labels, stability, opt_in, shape))
        return function
