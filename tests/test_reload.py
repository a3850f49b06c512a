"""Settings that change while the exporter runs."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import yaml

from exporter import app
from exporter.fleet.observation import Observation
from exporter.kubernetes.errors import KubeconfigError
from exporter.reload import Origin, Reload
from exporter.settings import Settings, read_settings
from exporter.telemetry import Telemetry
from tests.installed import running
from tests.web.exporter import NOBODY, Exporter, kubeconfig, small_cluster, until


class Applying:
    """A reload of a settings file, and what it applies. `refused` is said against all settings."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "settings.yaml"
        self.file.write_text("")
        self.applied: list[Settings] = []
        self.refused: KubeconfigError | None = None
        self.telemetry = Telemetry()
        origin = Origin(lambda: read_settings(self.file), self.file)
        self.reload = Reload(read_settings(self.file), origin, self.apply, self.telemetry)

    async def apply(self, settings: Settings) -> None:
        if self.refused:
            raise self.refused

        self.applied.append(settings)

    def measured(self, name: str) -> float:
        found = self.telemetry.registry.get_sample_value(f"kube_fleet_exporter_config_{name}")
        assert found is not None
        return found


@pytest.fixture
async def applying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Applying]:
    """It looks often."""
    monkeypatch.setattr("exporter.reload.LOOK", 0.01)
    made = Applying(tmp_path)
    task = asyncio.create_task(made.reload.run())
    yield made
    task.cancel()
    await asyncio.wait([task])


async def looked() -> None:
    """Long enough for many looks."""
    await asyncio.sleep(0.2)


async def test_a_file_whose_content_stays_is_not_applied_again(applying: Applying) -> None:
    applying.file.write_text("")
    await looked()

    assert applying.applied == []
    assert applying.measured("last_reload_successful") == 1
    assert applying.measured("last_reload_success_timestamp_seconds") > 1.7e9


async def test_a_changed_file_is_applied_and_its_hash_is_another_one(applying: Applying) -> None:
    before = applying.measured("hash")
    applying.file.write_text("cluster_label: k8s")
    await until_applied(applying, 1)

    assert applying.reload.settings.cluster_label == "k8s"
    assert applying.measured("hash") not in (0, before)


async def until_applied(applying: Applying, count: int) -> None:
    async def are_applied() -> bool:
        current = applying.applied[-1:] == [applying.reload.settings]
        return len(applying.applied) == count and current

    await until(are_applied)


async def test_a_file_that_cannot_be_used_keeps_the_settings_and_is_counted(
    applying: Applying, capsys: pytest.CaptureFixture[str]
) -> None:
    applying.file.write_text("cluster_label: k8s")
    await until_applied(applying, 1)
    kept, number = applying.reload.settings, applying.measured("hash")
    applying.file.write_text("cluster_label: 5")
    await looked()

    assert applying.reload.settings is kept
    assert applying.measured("last_reload_successful") == 0
    assert applying.measured("hash") == number
    assert capsys.readouterr().out.count("settings cannot be used") == 1

    applying.file.write_text("cluster_label: other")
    await until_applied(applying, 2)
    assert applying.measured("last_reload_successful") == 1


async def test_what_cannot_be_applied_is_tried_again(applying: Applying) -> None:
    applying.refused = KubeconfigError("it is not there yet")
    applying.file.write_text("cluster_label: k8s")
    await looked()
    assert applying.measured("last_reload_successful") == 0
    applying.refused = None
    await until_applied(applying, 1)

    assert applying.measured("last_reload_successful") == 1


async def test_a_changed_document_that_the_settings_name_is_a_change(
    applying: Applying, tmp_path: Path
) -> None:
    document = tmp_path / "document.yaml"
    document.write_text("spec: {resources: []}")
    applying.file.write_text(f"collect: {{custom_resource_state_config_file: '{document}'}}")
    await until_applied(applying, 1)
    await looked()
    assert len(applying.applied) == 1
    document.write_text("spec: {resources: []}  # changed")
    await until_applied(applying, 2)


async def test_what_needs_a_restart_is_named(
    applying: Applying, capsys: pytest.CaptureFixture[str]
) -> None:
    applying.file.write_text("{workers: 3, web: {listen: ':1'}, telemetry: {listen: ':2'}}")
    await until_applied(applying, 1)

    said = capsys.readouterr().out
    assert all(name in said for name in ("workers", "web.listen", "telemetry.listen"))


async def test_asked_for_a_reload_it_says_what_is_wrong(tmp_path: Path) -> None:
    applying = Applying(tmp_path)
    applying.file.write_text("cluster_label: 5")

    assert "cluster_label: expected" in await applying.reload.now()

    applying.file.write_text("")
    assert await applying.reload.now() == ""
    assert len(applying.applied) == 1


async def test_without_a_file_a_signal_does_what_it_does_with_others() -> None:
    async def apply(settings: Settings) -> None:
        """Nobody asks."""

    before = signal.getsignal(signal.SIGHUP)
    with Reload(Settings(), Origin(Settings), apply, Telemetry()).heeding_signals():
        assert signal.getsignal(signal.SIGHUP) is before is signal.SIG_DFL


async def test_a_signal_has_the_settings_read_although_no_look_is_due(tmp_path: Path) -> None:
    applying = Applying(tmp_path)
    with applying.reload.heeding_signals():
        task = asyncio.create_task(applying.reload.run())
        applying.file.write_text("cluster_label: k8s")
        signal.raise_signal(signal.SIGHUP)
        await until_applied(applying, 1)
        task.cancel()
        await asyncio.wait([task])

    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


class Reloading:
    """An exporter whose settings file is written again and again."""

    def __init__(self, folder: Path, exporter: Exporter, serving: app.Serving) -> None:
        self.folder = folder
        self.exporter = exporter
        self.serving = serving

    def observation(self, name: str) -> Observation:
        return self.serving.fleet.observations[name]

    async def reload(self, **settings: object) -> int:
        write(self.folder, **settings)
        return (await self.exporter.get("/-/reload", "POST")).status


def write(folder: Path, **settings: object) -> Path:
    """Settings that allow a reload, of all contexts unless they say so."""
    file = folder / "settings.yaml"
    everything = {
        "discovery": [{"provider": "kubeconfig", "files": [str(folder / "kubeconfig")]}],
        "web": {"listen": "127.0.0.1:0", "lifecycle": True},
        "telemetry": {"listen": "127.0.0.1:0"},
    }
    file.write_text(yaml.safe_dump({**everything, **settings}))
    return file


@asynccontextmanager
async def reloading(folder: Path, **settings: object) -> AsyncIterator[Reloading]:
    """An exporter on eu-1, us-1 and one that is away."""
    async with AsyncExitStack() as stack:
        urls = {"away": NOBODY}
        for name in ("eu-1", "us-1"):
            urls[name] = await stack.enter_async_context(small_cluster(name, "web-0").serving())

        (folder / "kubeconfig").write_text(kubeconfig(urls))
        file = write(folder, **settings)
        origin = Origin(lambda: read_settings(file), file)
        serving = await stack.enter_async_context(app.serve(origin.read(), origin))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(auto_decompress=False, headers={"Accept-Encoding": "identity"})
        )
        exporter = Exporter(serving, session)
        await until(exporter.is_ready)
        yield Reloading(folder, exporter, serving)


def clusters_on(page: str) -> set[str]:
    return set(re.findall(r'kube_fleet_cluster_info{cluster="([^"]*)"', page))


def contexts(folder: Path, *globs: str) -> list[dict[str, object]]:
    return [
        {"provider": "kubeconfig", "files": [str(folder / "kubeconfig")], "contexts": list(globs)}
    ]


async def test_contexts_that_are_added_come_and_those_that_are_not_named_any_more_go(
    tmp_path: Path,
) -> None:
    async with reloading(tmp_path, discovery=contexts(tmp_path, "eu-*")) as one:
        await one.exporter.complete("eu-1")
        before = one.observation("eu-1")
        assert await one.reload(discovery=contexts(tmp_path, "eu-*", "us-*")) == 200
        await one.exporter.complete("eu-1", "us-1")
        assert one.observation("eu-1") is before
        assert await one.reload(discovery=contexts(tmp_path, "us-*")) == 200
        await one.exporter.hides("/metrics", 'cluster="eu-1"')
        page = await one.exporter.page("/metrics/fleet")

    assert clusters_on(page) == {"us-1"}


async def test_overrides_show_on_the_page_and_the_clusters_go_on(tmp_path: Path) -> None:
    async with reloading(tmp_path) as one:
        await one.exporter.complete("eu-1", "us-1")
        before = dict(one.serving.fleet.observations)
        unit = before["eu-1"].unit
        overrides = {"eu-*": {"labels": {"tier": "prod"}, "maintenance": True}}
        assert await one.reload(clusters=overrides) == 200
        page = await one.exporter.page("/metrics/fleet")
        after, unit_after = dict(one.serving.fleet.observations), before["eu-1"].unit

    assert 'tier="prod"' in next(line for line in page.splitlines() if is_info(line, "eu-1"))
    assert 'tier="prod"' not in next(line for line in page.splitlines() if is_info(line, "us-1"))
    assert 'kube_fleet_cluster_maintenance{cluster="eu-1"} 1\n' in page
    assert 'kube_fleet_cluster_maintenance{cluster="us-1"} 0\n' in page
    assert all(after[name] is before[name] for name in before)
    assert unit_after is unit is not None


def is_info(line: str, cluster: str) -> bool:
    return line.startswith(f'kube_fleet_cluster_info{{cluster="{cluster}"')


async def test_a_cluster_that_is_another_one_than_expected_is_no_longer_read(
    tmp_path: Path,
) -> None:
    async with reloading(tmp_path) as one:
        await one.exporter.complete("eu-1", "us-1")
        assert await one.reload(clusters={"eu-1": {"uid": "of-another-one"}}) == 200
        await one.exporter.shows(
            "/metrics/fleet", 'condition{cluster="eu-1",condition="identity-mismatch",reason=""} 1'
        )
        page = await one.exporter.page("/metrics?collect[]=pods")
        assert await one.reload() == 200
        await one.exporter.complete("eu-1")

    assert 'cluster="eu-1"' not in page
    assert 'kube_pod_info{cluster="us-1"' in page


async def test_only_a_cluster_of_which_something_else_is_read_begins_anew(tmp_path: Path) -> None:
    async with reloading(tmp_path, collect={"resources": ["pods"]}) as one:
        await one.exporter.complete("eu-1", "us-1")
        before = dict(one.serving.fleet.observations)
        override = {"eu-*": {"collect": {"resources": ["nodes"]}}}
        assert await one.reload(collect={"resources": ["pods"]}, clusters=override) == 200
        meanwhile = await one.exporter.page("/metrics?exclude_resources=fleet")
        await one.exporter.complete("eu-1")
        page = await one.exporter.page("/metrics")
        after = dict(one.serving.fleet.observations)

    assert 'kube_pod_info{cluster="us-1"' in meanwhile
    assert 'kube_pod_info{cluster="eu-1"' not in meanwhile
    assert 'kube_node_info{cluster="eu-1"' in page
    assert 'kube_pod_info{cluster="us-1"' in page
    assert 'kube_pod_info{cluster="eu-1"' not in page
    assert 'kube_node_info{cluster="us-1"' not in page
    assert after["eu-1"] is not before["eu-1"]
    assert after["us-1"] is before["us-1"]
    assert after["away"] is not None


async def test_other_families_another_label_and_another_url_are_served(tmp_path: Path) -> None:
    web = {"listen": "127.0.0.1:0", "external_url": "https://fleet.example/x", "lifecycle": True}
    async with reloading(tmp_path, collect={"resources": ["pods"]}) as one:
        await one.exporter.complete("eu-1", "us-1")
        changed = {"collect": {"resources": ["nodes"]}, "cluster_label": "k8s", "web": web}
        assert await one.reload(**changed) == 200
        await one.exporter.complete("eu-1", "us-1")
        page, targets = await one.exporter.page("/metrics"), await one.exporter.page("/sd")

    assert 'kube_node_info{k8s="us-1"' in page
    assert "kube_pod_" not in page
    assert '{cluster="' not in page
    assert "fleet.example" in targets


async def test_a_reload_that_fails_changes_nothing(tmp_path: Path) -> None:
    async with reloading(tmp_path) as one:
        await one.exporter.complete("eu-1", "us-1")
        before = dict(one.serving.fleet.observations)
        nowhere = [{"provider": "kubeconfig", "files": [str(tmp_path / "absent")]}]
        refused = await one.reload(discovery=nowhere, collect={"resources": ["nodes"]})
        page = await one.exporter.page("/metrics")
        own = (await one.exporter.ask(f"{one.exporter.telemetry}/metrics")).text
        after = dict(one.serving.fleet.observations)

    assert refused == 500
    assert 'kube_pod_info{cluster="eu-1"' in page
    assert all(after[name] is before[name] for name in before)
    assert "kube_fleet_exporter_config_last_reload_successful 0.0\n" in own


async def test_a_kubeconfig_that_is_spoilt_meanwhile_does_not_keep_settings_from_changing(
    tmp_path: Path,
) -> None:
    async with reloading(tmp_path) as one:
        await one.exporter.complete("eu-1")
        before = one.observation("eu-1")
        (tmp_path / "kubeconfig").write_text("contexts: 5")
        assert await one.reload(clusters={"eu-1": {"maintenance": True}}) == 200
        page = await one.exporter.page("/metrics/fleet")

        assert 'kube_fleet_cluster_maintenance{cluster="eu-1"} 1\n' in page
        assert one.observation("eu-1") is before


async def test_settings_may_forbid_further_requests(tmp_path: Path) -> None:
    async with reloading(tmp_path) as one:
        assert await one.reload(web={"listen": "127.0.0.1:0"}) == 200
        assert await one.reload() == 403


async def test_a_sighup_reads_the_settings_of_a_real_process_again(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(kubeconfig({"eu-1": NOBODY, "us-1": NOBODY}))
    file = write(tmp_path, discovery=contexts(tmp_path, "eu-*"))
    async with running("run", "--config", file, "--context", "us-*", "--kubeconfig",
                       tmp_path / "kubeconfig") as process:  # fmt: skip
        metrics = (await process.logged("serving"))["metrics"]
        write(tmp_path, cluster_label="k8s")
        process.process.send_signal(signal.SIGHUP)
        await process.logged("settings are in force")
        async with aiohttp.ClientSession() as session:
            page = ""
            while 'k8s="us-1"' not in page:
                async with session.get(f"{metrics}/metrics/fleet") as answer:
                    page = await answer.text()

        assert await process.stop(signal.SIGTERM) == 0

    assert 'k8s="eu-1"' not in page, "the arguments stay in force"
