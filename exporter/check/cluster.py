"""One cluster asked: is it there, who is it, and what of it may be read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp.abc import AbstractResolver

from exporter import __version__
from exporter.check.kinds import Kinds
from exporter.check.reachability import explained, reach
from exporter.check.report import ClusterReport, refusal
from exporter.fleet.plan import Plan
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import KubernetesError
from exporter.kubernetes.identity import Identity
from exporter.kubernetes.version import read_version

DEADLINE = 10.0
"""Seconds for one cluster, without those in which others have their turns."""


@dataclass(frozen=True)
class Turns:
    """
    How many clusters are reached for at a time, and how many are asked: most that are dead are
    found out by the first, which takes a file descriptor; the second takes memory and computing.
    """

    reaching: asyncio.Semaphore
    asking: asyncio.Semaphore


async def ask_cluster(
    report: ClusterReport, plan: Plan, resolver: AbstractResolver, turns: Turns
) -> None:
    """Fill the report about a cluster. What goes wrong is its problem, and is not raised."""
    server = report.cluster.server
    if server is None:
        report.problem = refusal(report.cluster) or "it is refused"
        return

    agent = f"kube-fleet-exporter/{__version__}"
    connection = Connection(server, _unobserved, agent, resolver)
    clock = asyncio.get_running_loop().time
    try:
        try:
            async with turns.reaching:
                end = clock() + DEADLINE
                async with asyncio.timeout_at(end):
                    await reach(server, resolver)

            left = end - clock()
            async with turns.asking, asyncio.timeout(left):
                await _meet(report, connection)
                await Kinds(report.cluster.name, connection, plan).ask(report.kinds)
        except KubernetesError as error:
            async with asyncio.timeout(DEADLINE):
                report.problem = await explained(error, server, resolver)
    except TimeoutError:
        report.problem = f"it could not be asked everything within {DEADLINE:.0f} s"
    finally:
        report.expiries = server.expiries.known
        await connection.close()


async def _meet(report: ClusterReport, connection: Connection) -> None:
    identity = Identity(connection)
    await identity.verify()
    report.uid, expected = identity.uid, report.cluster.uid
    report.version = (await read_version(connection)).git_version
    if expected and identity.uid != expected:
        found = identity.uid or "unknown"
        raise KubernetesError(
            f"identity-mismatch: the kube-system UID is {found}, expected is {expected}"
        )


def _unobserved(verb: str, code: str, seconds: float) -> None:
    """A dry run counts nothing."""
