"""Which ratios the guard complains of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import guard
from benchmarks.figure import Figure
from benchmarks.guard import COMMITTED, GUARDED, Guarded, complaints, main
from benchmarks.sizes import Sizes

SYNC = "sync: first sync"


def test_a_ratio_that_is_26_percent_worse_is_named_with_both_values() -> None:
    assert complaints({SYNC: 0.5, "scrape: gzip": 0.02}, {SYNC: 0.63, "scrape: gzip": 0.02}) == [
        "sync: first sync: 0.63 is 26% worse than 0.5, which is committed; 25% are allowed"
    ]


@pytest.mark.parametrize("measured", [0.1, 0.5, 0.625])
def test_a_ratio_that_is_better_or_a_little_worse_passes(measured: float) -> None:
    assert complaints({SYNC: 0.5}, {SYNC: measured}) == []


@pytest.mark.parametrize(("committed", "measured"), [({}, {SYNC: 0.5}), ({SYNC: 0.5}, {})])
def test_a_ratio_that_only_one_side_has_is_complained_of(
    committed: dict[str, float], measured: dict[str, float]
) -> None:
    (complaint,) = complaints(committed, measured)

    assert complaint.startswith(SYNC)
    assert "guard --write" in complaint


def test_exactly_what_is_guarded_is_committed() -> None:
    guarded = {f"{name}: {figure}" for name, one in GUARDED.items() for figure in one.figures}

    assert json.loads(COMMITTED.read_text()).keys() == guarded


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the first sync comes out as, one measurement after another; nothing else is guarded."""
    ratios: list[float] = []

    def run(_: Sizes) -> list[Figure]:
        return [Figure("first sync", 1.0, "s", ratios.pop(0), "json.loads")]

    monkeypatch.setattr(guard, "GUARDED", {"sync": Guarded(run, Sizes(), ("first sync",))})
    monkeypatch.setattr(guard, "COMMITTED", tmp_path / "ratios.json")
    return ratios


def test_what_is_written_passes(measured: list[float]) -> None:
    measured += [0.512345, 0.512345]

    assert main(["--write"]) == 0
    assert main([]) == 0
    assert json.loads(guard.COMMITTED.read_text()) == {SYNC: 0.5123}


def test_a_ratio_fails_that_is_worse_twice(
    measured: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    measured += [0.5, 0.7, 0.63]
    main(["--write"])

    assert main([]) == 1
    assert "sync: first sync: 0.63 is 26% worse than 0.5" in capsys.readouterr().err


def test_a_ratio_passes_that_is_worse_once(measured: list[float]) -> None:
    measured += [0.5, 0.7, 0.5]
    main(["--write"])

    assert main([]) == 0
