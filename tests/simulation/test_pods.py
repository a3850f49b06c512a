"""The states of a pod."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from exporter.simulation import pods
from exporter.simulation.shop import SIZES
from exporter.simulation.templates import service_template

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OWNER = {"kind": "ReplicaSet", "name": "web-1", "uid": "u"}

Pod = dict[str, Any]


def pending() -> Pod:
    template = service_template("web", "storefront", "1.0.0", SIZES[1], sidecar=True, migrates=True)
    return pods.pod("web-1-abcde", "storefront", template, OWNER, NOON)


def bound() -> Pod:
    return pods.bound(pending(), "n1", "10.0.0.1", NOON)


def running() -> Pod:
    return pods.running(bound(), "100.64.0.9", NOON)


def conditions(pod: Pod) -> dict[str, str]:
    return {each["type"]: each["status"] for each in pod["status"]["conditions"]}


def test_a_new_pod_is_pending_and_on_no_node() -> None:
    pod = pending()

    assert pod["status"]["phase"] == "Pending"
    assert "nodeName" not in pod["spec"]
    assert pod["metadata"]["generateName"] == "web-1-"


def test_a_bound_pod_creates_its_containers() -> None:
    pod = bound()

    assert pod["spec"]["nodeName"] == "n1"
    assert conditions(pod)["PodScheduled"] == "True"
    assert conditions(pod)["Ready"] == "False"
    for status in pod["status"]["containerStatuses"]:
        assert status["state"]["waiting"]["reason"] == "ContainerCreating"
        assert "containerID" not in status


def test_a_running_pod_is_ready_and_its_init_containers_are_done() -> None:
    pod = running()

    assert pod["status"]["phase"] == "Running"
    assert set(conditions(pod).values()) == {"True"}
    assert all(status["ready"] for status in pod["status"]["containerStatuses"])
    [init] = pod["status"]["initContainerStatuses"]
    assert init["state"]["terminated"]["reason"] == "Completed"


def test_an_out_of_memory_kill_is_the_last_state_of_a_restarted_container() -> None:
    pod = pods.restarted(running(), "OOMKilled", 137, NOON, 3)

    first, second = pod["status"]["containerStatuses"]
    assert first["lastState"]["terminated"]["reason"] == "OOMKilled"
    assert first["lastState"]["terminated"]["exitCode"] == 137
    assert (first["restartCount"], second["restartCount"]) == (3, 0)
    assert conditions(pod)["Ready"] == "True"


def test_a_finished_pod_succeeded_or_failed() -> None:
    for well, phase, code in ((True, "Succeeded", 0), (False, "Failed", 1)):
        pod = pods.finished(bound(), NOON, NOON, well=well)
        ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
        assert (pod["status"]["phase"], ended["exitCode"]) == (phase, code)
        assert conditions(pod)["Ready"] == "False"


def test_an_evicted_pod_is_no_longer_ready() -> None:
    pod = pods.evicted(running(), pods.LOW_ON_MEMORY, NOON)

    assert (pod["status"]["phase"], pod["status"]["reason"]) == ("Failed", "Evicted")
    assert conditions(pod)["Ready"] == "False"
    assert conditions(pod)["DisruptionTarget"] == "True"
    assert "containerStatuses" not in pod["status"]


def test_only_a_pod_whose_containers_are_ready_is_ready_again() -> None:
    lost = pods.unready(running(), NOON)
    assert conditions(lost)["Ready"] == "False"
    assert conditions(pods.ready_again(lost, NOON))["Ready"] == "True"

    crashing = pods.crash_looping(running(), "Error", 1, NOON)
    assert conditions(pods.ready_again(crashing, NOON))["Ready"] == "False"


def test_a_terminating_pod_has_its_grace_period_before_it() -> None:
    metadata = pods.terminating(running(), NOON)["metadata"]

    assert metadata["deletionTimestamp"] == "2026-03-01T12:00:30Z"
    assert metadata["deletionGracePeriodSeconds"] == 30


@pytest.mark.parametrize(
    "change",
    [
        lambda pod: pods.restarted(pod, "Error", 1, NOON),
        lambda pod: pods.crash_looping(pod, "Error", 1, NOON),
        lambda pod: pods.image_missing(pod, NOON),
        lambda pod: pods.unschedulable(pod, "no node", NOON),
        lambda pod: pods.finished(pod, NOON, NOON, well=True),
        lambda pod: pods.evicted(pod, "memory", NOON),
        lambda pod: pods.unready(pod, NOON),
        lambda pod: pods.terminating(pod, NOON),
    ],
)
def test_a_change_makes_another_pod_and_leaves_the_given_one(
    change: Callable[[Pod], Pod],
) -> None:
    given = running()
    before = copy.deepcopy(given)

    changed = change(given)

    assert given == before
    assert changed != before


def test_names_end_in_letters_that_make_no_words() -> None:
    ending = pods.suffix(random.Random(1), length=500)

    assert not set(ending) & set("aeiou013")
