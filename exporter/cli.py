"""Arguments → settings → run; and the exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import structlog
import uvloop

from exporter import __version__, app, catalogue, demo, divided, logs, migrate, rbac
from exporter.check import dry_run, report
from exporter.discovery.kubeconfig import Kubeconfig
from exporter.kubernetes.errors import KubernetesError
from exporter.planning import Planning
from exporter.reload import Origin
from exporter.settings import Settings, SettingsError, read_settings
from exporter.simulation.scenarios import SCENARIOS
from exporter.web.server import AddressError
from exporter.workers.process import SocketError, assignment

DONE, FAULT, UNUSABLE = 0, 1, 2
"""0 done, 1 a check failed or a fault while running, 2 unusable arguments or settings."""

UNUSABLE_BECAUSE = (
    AddressError,
    demo.DemoError,
    KubernetesError,
    migrate.MigrationError,
    SettingsError,
    SocketError,
)
"""What is the user's to mend: one line, no traceback."""

VERSION = f"kube-fleet-exporter {__version__}"

log = structlog.get_logger()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    given = _parser().parse_args(arguments)
    logs.configure(given.log_format, given.log_level)
    try:
        status: int = given.command(given)
    except UNUSABLE_BECAUSE as error:
        print(f"kube-fleet-exporter: {error}", file=sys.stderr)
        return FAULT if isinstance(error, demo.DemoError) else UNUSABLE
    except KeyboardInterrupt:
        return FAULT
    except Exception:  # the boundary of the process
        log.exception("a fault of the exporter")
        return FAULT

    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kube-fleet-exporter",
        description="One Prometheus page for every Kubernetes cluster of a fleet.",
    )
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", parents=[_logging()], help="serve the pages"))
    _add_demo(
        commands.add_parser("demo", parents=[_logging("warning")], help="run on a simulated fleet")
    )
    _add_check(
        commands.add_parser("check", parents=[_logging()], help="dry run: what would be read")
    )
    _add_clusters(commands.add_parser("clusters", parents=[_logging()], help="list the clusters"))
    _add_metrics(commands.add_parser("metrics", parents=[_logging()], help="list all metrics"))
    _add_migrate(
        commands.add_parser("migrate", parents=[_logging()], help="from kube-state-metrics to here")
    )
    _add_rbac(commands.add_parser("rbac", parents=[_logging()], help="what clusters have to allow"))
    # Without help it is not listed: `run` starts it.
    commands.add_parser("worker", parents=[_logging()]).set_defaults(command=_worker)
    return parser


def _logging(level: str = "info") -> argparse.ArgumentParser:
    """The arguments that every command has. A parser of its own each time: defaults are shared."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--log-format", choices=("auto", "text", "json"), default="auto")
    parser.add_argument("--log-level", choices=logs.LEVELS, default=level)
    parser.add_argument("--version", action="version", version=VERSION)
    return parser


def _add_sources(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that looks for clusters."""
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
    parser.set_defaults(listen=None, telemetry_listen=None)


def _add_run(parser: argparse.ArgumentParser) -> None:
    _add_sources(parser)
    parser.add_argument("--listen", metavar="ADDR:PORT", help="the pages. Default: :8080")
    parser.add_argument(
        "--telemetry-listen", metavar="ADDR:PORT", help="metrics about itself. Default: :8081"
    )
    parser.set_defaults(command=_run)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clusters", type=_at_most(1000), default=5, metavar="N")
    parser.add_argument("--pods-per-cluster", type=_at_most(100_000), default=100, metavar="N")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="steady")
    parser.add_argument("--listen", default="127.0.0.1:8080", metavar="ADDR:PORT")
    parser.add_argument("--telemetry-listen", default=demo.ANY_PORT, metavar="ADDR:PORT")
    parser.set_defaults(command=_demo)


def _at_most(largest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= largest:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {largest}")

        return int(text)

    return number


def _add_metrics(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", choices=("table", "markdown", "json"), default="table")
    parser.set_defaults(command=_metrics)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_sources(parser)
    parser.set_defaults(command=_check)


def _add_clusters(parser: argparse.ArgumentParser) -> None:
    _add_sources(parser)
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    parser.set_defaults(command=_clusters)


def _add_migrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--compare", metavar="URL", help="a page of kube-state-metrics")
    parser.add_argument(
        "--ours",
        metavar="URL",
        default="http://127.0.0.1:8080/metrics",
        help="the page to compare it with, of the same cluster: …/clusters/NAME/metrics",
    )
    parser.add_argument("arguments", nargs="*", metavar="-- ARGUMENT", help="of kube-state-metrics")
    parser.set_defaults(command=_migrate)


def _add_rbac(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, in YAML")
    parser.set_defaults(command=_rbac)


def _run(given: argparse.Namespace) -> int:
    settings = _settings(given)
    # With -P, so that a folder `exporter` where the user happens to be is not taken for this one.
    worker = [sys.executable, "-P", "-m", "exporter", "worker"]
    worker += ["--log-format", given.log_format, "--log-level", given.log_level]
    app.settle()
    one_process = settings.workers == 1
    origin = Origin(lambda: _settings(given), given.config)
    uvloop.run(
        app.run(
            app.serve(settings, origin) if one_process else divided.serve(settings, origin, worker)
        )
    )
    return DONE


def _worker(given: argparse.Namespace) -> int:
    told = assignment()
    if told is None:
        return DONE

    logs.configure(given.log_format, given.log_level, told.worker)
    app.settle()
    uvloop.run(divided.work(told))
    return DONE


def _check(given: argparse.Namespace) -> int:
    reports = uvloop.run(dry_run.check(_settings(given), _show_progress))
    print(report.table(reports), end="")
    return DONE if reports and all(one.well for one in reports) else FAULT


def _show_progress(done: int, clusters: int) -> None:
    """One line that is written over, and gone at the end. Only for who looks at it."""
    if sys.stderr.isatty():
        shown = f"{done} of {clusters} clusters" if done < clusters else ""
        print(f"\r\x1b[K{shown}", end="", file=sys.stderr, flush=True)


def _clusters(given: argparse.Namespace) -> int:
    found = uvloop.run(dry_run.discovered(_settings(given)))
    print(report.listing(found, given.output), end="")
    return DONE


def _migrate(given: argparse.Namespace) -> int:
    if not given.compare:
        print(migrate.settings_for(given.arguments), end="")
        return DONE

    differences = uvloop.run(migrate.compare_pages(given.compare, given.ours))
    print(migrate.report(differences), end="")
    return FAULT if differences else DONE


def _rbac(given: argparse.Namespace) -> int:
    settings = read_settings(given.config) if given.config else Settings()
    print(rbac.manifests(Planning().plans(settings).widest), end="")
    return DONE


def _demo(given: argparse.Namespace) -> int:
    app.settle()
    addresses = given.listen, given.telemetry_listen
    uvloop.run(demo.run(given.clusters, given.pods_per_cluster, given.scenario, *addresses))
    return DONE


def _metrics(given: argparse.Namespace) -> int:
    print(catalogue.listing(given.output), end="")
    return DONE


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
