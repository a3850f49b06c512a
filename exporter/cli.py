"""Arguments → settings → run; and the exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog
import uvloop

from exporter import __version__, app, catalogue, demo, logs
from exporter.kubernetes.errors import KubernetesError
from exporter.settings import Kubeconfig, Settings, SettingsError, read_settings
from exporter.simulation.scenarios import SCENARIOS
from exporter.web.server import AddressError

DONE, FAULT, UNUSABLE = 0, 1, 2
"""0 done, 1 a check failed or a fault while running, 2 unusable arguments or settings."""

log = structlog.get_logger()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    given = _parser().parse_args(arguments)
    logs.configure(given.log_format, given.log_level)
    try:
        given.command(given)
    except (SettingsError, AddressError, KubernetesError, demo.DemoError) as error:
        print(f"kube-fleet-exporter: {error}", file=sys.stderr)  # noqa: T201  for the user
        return UNUSABLE
    except KeyboardInterrupt:
        return FAULT
    except Exception:  # the boundary of the process
        log.exception("a fault of the exporter")
        return FAULT

    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kube-fleet-exporter",
        description="One Prometheus page for every Kubernetes cluster of a fleet.",
    )
    version = f"kube-fleet-exporter {__version__}"
    parser.add_argument("--version", action="version", version=version)
    logging = argparse.ArgumentParser(add_help=False)
    logging.add_argument("--log-format", choices=("auto", "text", "json"), default="auto")
    logging.add_argument("--log-level", choices=logs.LEVELS, default="info")
    logging.add_argument(
        "--version", action="version", version=f"kube-fleet-exporter {__version__}"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", parents=[logging], help="serve the pages"))
    _add_demo(commands.add_parser("demo", parents=[logging], help="run on a simulated fleet"))
    _add_metrics(commands.add_parser("metrics", parents=[logging], help="list all metrics"))
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, in YAML")
    parser.add_argument(
        "--kubeconfig",
        action="append",
        default=[],
        metavar="FILE",
        help="repeatable; merged as kubectl does. Default: $KUBECONFIG or ~/.kube/config",
    )
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        metavar="GLOB",
        help="repeatable; the contexts to read. Default: all",
    )
    parser.add_argument("--listen", metavar="ADDR:PORT", help="the pages. Default: :8080")
    parser.add_argument(
        "--telemetry-listen", metavar="ADDR:PORT", help="metrics about itself. Default: :8081"
    )
    parser.set_defaults(command=_run)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clusters", type=int, default=5, metavar="N")
    parser.add_argument("--pods-per-cluster", type=int, default=100, metavar="N")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="steady")
    parser.add_argument("--listen", default="127.0.0.1:8080", metavar="ADDR:PORT")
    parser.set_defaults(command=_demo, log_level="warning")


def _add_metrics(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", choices=("table", "markdown", "json"), default="table")
    parser.set_defaults(command=_metrics)


def _run(given: argparse.Namespace) -> None:
    uvloop.run(app.run(_settings(given)))


def _demo(given: argparse.Namespace) -> None:
    uvloop.run(demo.run(given.clusters, given.pods_per_cluster, given.scenario, given.listen))


def _metrics(given: argparse.Namespace) -> None:
    print(catalogue.listing(given.output), end="")  # noqa: T201  the command's output


def _settings(given: argparse.Namespace) -> Settings:
    """
    The settings file, if any, with what the arguments say instead.

    Raises:
        SettingsError: the file cannot be used.
    """
    settings = read_settings(given.config) if given.config else Settings()
    if given.kubeconfig or given.context:
        declared = Kubeconfig(tuple(given.kubeconfig), tuple(given.context) or ("*",))
        settings = msgspec.structs.replace(settings, discovery=(declared,))

    if given.listen:
        web = msgspec.structs.replace(settings.web, listen=given.listen)
        settings = msgspec.structs.replace(settings, web=web)

    if given.telemetry_listen:
        telemetry = msgspec.structs.replace(settings.telemetry, listen=given.telemetry_listen)
        settings = msgspec.structs.replace(settings, telemetry=telemetry)

    return settings
