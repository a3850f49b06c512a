"""The benchmarks run, and print what they measured. How fast anything is, is not asserted."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict, replace

import pytest

from benchmarks import process
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.figure import Figure, document, median, percentile, table
from benchmarks.sizes import FULL, Sizes

TINY = Sizes(pods=4, clusters=2, pods_per_cluster=3, repetitions=1, events=2, load_seconds=0.1)

needs_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="a process can measure itself on Linux only"
)


@needs_linux
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_measures_real_processes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "REST", 0.02)

    figures = BENCHMARKS[name](TINY)

    names = [one.name for one in figures]
    assert names
    assert len(set(names)) == len(names), "a committed ratio is found again by its name"
    assert all(math.isfinite(one.value) for one in figures)
    assert any(one.ratio is not None for one in figures)
    assert all(one.to for one in figures if one.ratio is not None)


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


@pytest.mark.parametrize("arguments", [["nothing"], ["--pods", "0"], ["--clusters", "many"]])
def test_what_cannot_be_measured_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)

    assert refused.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


def test_the_ratio_is_that_of_the_middle_pair_not_of_the_medians() -> None:
    slow_meanwhile = median("sync", [1.0, 20.0, 3.0], "s", [2.0, 40.0, 3.0], "json.loads")

    assert slow_meanwhile == Figure("sync", 3.0, "s", 0.5, "json.loads")


def test_a_figure_without_anything_beside_it_has_no_ratio() -> None:
    assert median("resident", [3.0, 1.0, 2.0], "MB") == Figure("resident", 2.0, "MB")


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (100, 100), (1, 1), (0, 1)])
def test_a_percentile_is_one_of_the_values(percent: int, expected: int) -> None:
    assert percentile(range(100, 0, -1), percent) == expected


def test_the_99th_percentile_of_few_values_is_the_largest() -> None:
    assert percentile([2.0, 1.0], 99) == 2.0


def test_the_table_has_a_line_for_each_figure() -> None:
    printed = table(
        {
            "sync": [
                Figure("first sync", 176.2, "µs", 0.9056, "json.loads"),
                Figure("time", 0.5, "s"),
            ]
        }
    )

    header, *lines = [line.split() for line in printed.splitlines()]
    assert header == ["benchmark", "figure", "value", "unit", "ratio", "to"]
    assert lines == [
        ["sync", "first", "sync", "176", "µs", "0.906", "json.loads"],
        ["sync", "time", "0.5", "s"],
    ]


def test_the_document_keeps_every_digit_under_the_figures_name() -> None:
    figure = Figure("first sync", 176.23, "µs", 0.9056, "json.loads")

    written = json.loads(document({"sync": [figure]}, TINY))

    assert written["figures"]["sync"]["first sync"]["ratio"] == 0.9056
    assert written["figures"]["sync"]["first sync"]["value"] == 176.23
    assert written["sizes"]["pods_per_cluster"] == 3
