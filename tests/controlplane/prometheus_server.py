"""A real Prometheus for tests, and promtool."""

import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.controlplane.binaries import program
from tests.controlplane.deadline import eventually
from tests.controlplane.port import reserved_port
from tests.controlplane.process import Process, running


@dataclass(frozen=True)
class Sample:
    """One series of an instant query's answer, and its value now."""

    labels: dict[str, str]
    value: float


class Prometheus:
    """A running Prometheus, asked through its HTTP API."""

    def __init__(
        self, session: aiohttp.ClientSession, process: Process, address: str, rules: Path
    ) -> None:
        self.address = address
        self._rules = rules
        self._session = session
        self._process = process

    async def query(self, expression: str) -> list[Sample]:
        """The samples of an instant vector now."""
        async with self._session.post("/api/v1/query", data={"query": expression}) as response:
            answer = await response.json()
        assert answer["status"] == "success", answer
        assert answer["data"]["resultType"] == "vector", expression
        return [
            Sample(found["metric"], float(found["value"][1])) for found in answer["data"]["result"]
        ]

    async def value(self, expression: str) -> float | None:
        """The only sample of an instant vector; None where there is none."""
        samples = await self.query(expression)
        assert len(samples) <= 1, f"{expression} has {len(samples)} series"
        return samples[0].value if samples else None

    async def federate(self, *selectors: str) -> tuple[int, str]:
        """Status and text of what its own /federate answers."""
        params = [("match[]", selector) for selector in selectors]
        async with self._session.get("/federate", params=params) as response:
            return response.status, await response.text()

    async def evaluate(self, rules: Mapping[str, Any]) -> None:
        """Evaluate rules every second from now on, in place of others; the content of one file."""
        self._rules.write_text(yaml.safe_dump(dict(rules)))
        async with self._session.post("/-/reload") as response:
            assert response.ok, await response.text()

    async def check_ready(self) -> None:
        """Raise unless Prometheus serves queries."""
        self._process.check()
        async with self._session.get("/-/ready") as response:
            assert response.ok, await response.text()


@asynccontextmanager
async def started_prometheus(
    scrape_configs: Sequence[dict[str, Any]],
    directory: Path,
    *flags: str,
    scrape_interval: str = "1s",
    alertmanager: str | None = None,
) -> AsyncIterator[Prometheus]:
    """
    Start a Prometheus that scrapes itself too (job `prometheus`) and has no rules yet.

    `alertmanager` is an address. What Prometheus writes is below `directory`.
    """
    with reserved_port() as port:
        itself = {
            "job_name": "prometheus",
            "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
        }
        directory.mkdir(parents=True)
        configuration: dict[str, Any] = {
            "global": {
                "scrape_interval": scrape_interval,
                "scrape_timeout": scrape_interval,
                "evaluation_interval": "1s",
            },
            "scrape_configs": [*scrape_configs, itself],
            "rule_files": ["rules.yml"],
        }
        if alertmanager is not None:
            targets = [{"static_configs": [{"targets": [alertmanager]}]}]
            configuration["alerting"] = {"alertmanagers": targets}
        file = directory / "prometheus.yml"
        file.write_text(yaml.safe_dump(configuration))
        command: list[str | Path] = [
            program("prometheus", "prometheus"),
            f"--config.file={file}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-lifecycle",
            *flags,
        ]
        timeout = aiohttp.ClientTimeout(total=10)
        async with (
            running("prometheus", command, directory) as process,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=timeout) as session,
        ):
            prometheus = Prometheus(session, process, f"127.0.0.1:{port}", directory / "rules.yml")
            await eventually(prometheus.check_ready, within=30)
            yield prometheus


def check_metrics(page: str) -> str:
    """What `promtool check metrics` says against a page in the text format; empty for nothing."""
    checked = subprocess.run(
        [program("prometheus", "promtool"), "check", "metrics"],
        input=page,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    said = checked.stdout + checked.stderr
    return said or (f"exit status {checked.returncode}" if checked.returncode else "")
