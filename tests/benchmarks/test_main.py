"""The benchmarks run, and print what they measured. How fast anything is, is not asserted."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict, replace

import pytest

from benchmarks import fleet, process, small_clusters
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.budgets import BUDGETS
from benchmarks.figure import Figure
from benchmarks.guard import GUARDED
from benchmarks.sizes import FULL, Sizes

TINY = Sizes(
    pods=4,
    clusters=2,
    pods_per_cluster=3,
    small_clusters=2,
    pods_per_small_cluster=3,
    repetitions=1,
    events=2,
    load_seconds=0.1,
)

needs_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="a process can measure itself on Linux only"
)


@needs_linux
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_measures_real_processes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "REST", 0.02)
    monkeypatch.setattr(fleet, "SETTLED", 0.1)
    monkeypatch.setattr(small_clusters, "SETTLED", 0.1)

    measured = BENCHMARKS[name](TINY)

    figures = {figure.name: figure for figure in measured}
    assert len(figures) == len(measured), "a committed ratio is found again by its name"
    assert all(math.isfinite(one.value) for one in measured)
    assert any(one.ratio is not None for one in measured)
    assert all(one.to for one in measured if one.ratio is not None)
    for (benchmark, figure), budget in BUDGETS.items():
        if benchmark == name:
            assert budget.kept(figures[figure], FULL) is not None
    if name in GUARDED:
        assert all(figures[figure].ratio is not None for figure in GUARDED[name].figures)


def test_every_budget_is_on_a_benchmark() -> None:
    assert {benchmark for benchmark, _ in BUDGETS} <= set(BENCHMARKS)


@needs_linux
def test_the_command_measures_what_is_asked_for_with_the_sizes_given(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(sizes: Sizes) -> list[Figure]:
        return [Figure("first sync", 1.0, "s", sizes.pods / sizes.repetitions, "json.loads")]

    monkeypatch.setitem(BENCHMARKS, "sync", measured)

    assert main(["sync", "--full", "--pods", "30", "-o", "json"]) == 0

    printed = json.loads(capsys.readouterr().out)
    assert printed["sizes"] == asdict(replace(FULL, pods=30))
    assert list(printed["figures"]) == ["sync"]
    assert printed["figures"]["sync"]["first sync"]["ratio"] == 6


@needs_linux
@pytest.mark.parametrize("arguments", [["nothing"], ["--pods", "0"], ["--clusters", "many"]])
def test_what_cannot_be_measured_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)

    assert refused.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


def test_where_processes_cannot_be_measured_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert main(["guard"]) == 2
    assert "Linux" in capsys.readouterr().err
