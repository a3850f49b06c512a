"""One cluster asked: is it there, who is it, and what of it may be read."""

from __future__ import annotations

import asyncio

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
"""Seconds for one cluster."""


async def ask_cluster(report: ClusterReport, plan: Plan, resolver: AbstractResolver) -> None:
    """Fill the report about a cluster. What goes wrong is its problem, and is not raised."""
    server = report.cluster.server
    if server is None:
        report.problem = refusal(report.cluster) or "it is refused"
        return

    agent = f"kube-fleet-exporter/{__version__}"
    connection = Connection(server, _unobserved, agent, resolver)
    try:
        async with asyncio.timeout(DEADLINE):
            try:
                await reach(server, resolver)
                await _meet(report, connection)
                await Kinds(report.cluster.name, connection, plan).ask(report.kinds)
            except KubernetesError as error:
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
