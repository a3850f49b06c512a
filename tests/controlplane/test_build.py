import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controlplane import build
from tests.controlplane.build import CannotBuild, Module

GO = """#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
while [ "$1" != -o ]; do shift; done
echo made > "$2/program"
"""
BROKEN_GO = GO + "exit 1\n"


def test_the_linker_is_told_the_version_that_go_mod_requires(module: Module) -> None:
    write_go_mod(module, "require k8s.io/kubernetes v1.77.5\n")

    assert module.kubernetes_version == "v1.77.5"
    assert "-X k8s.io/component-base/version.gitVersion=v1.77.5" in module.flags[-1]
    assert "-X k8s.io/component-base/version.gitMinor=77" in module.flags[-1]


def test_another_requirement_checksum_or_source_is_another_key(module: Module) -> None:
    keys = [module.key]
    write_go_mod(module, "require example.org/other v1.0.0\n")
    keys.append(module.key)
    (module.directory / "go.sum").write_text("example.org/other v1.0.0 h1:abc=\n")
    keys.append(module.key)
    (module.directory / "own").mkdir()
    (module.directory / "own" / "main.go").write_text("package main\n")
    keys.append(module.key)

    assert len(set(keys)) == 4


def test_a_module_is_built_once(module: Module, cache: Path, bin_directory: Path) -> None:
    install_go(bin_directory, GO)
    built = build.build(module)
    install_go(bin_directory, BROKEN_GO)

    assert build.build(module) == built
    assert built.parent == cache
    assert (built / "program").read_text() == "made\n"


def test_programs_are_found_without_go(module: Module, bin_directory: Path) -> None:
    install_go(bin_directory, GO)
    built = build.build(module)
    (bin_directory / "go").unlink()

    assert module.built() == built


def test_a_failed_build_leaves_nothing(module: Module, cache: Path, bin_directory: Path) -> None:
    install_go(bin_directory, BROKEN_GO)

    with pytest.raises(CannotBuild, match="some-module: `go build` failed"):
        build.build(module)
    assert module.built() is None
    assert [found.name for found in cache.iterdir()] == ["build.lock"]


def test_what_a_killed_build_left_is_removed(
    module: Module, cache: Path, bin_directory: Path
) -> None:
    install_go(bin_directory, GO)
    (cache / ".unfinished-abc").mkdir(parents=True)

    build.build(module)

    assert not (cache / ".unfinished-abc").exists()


def test_a_module_that_lacks_what_its_program_embeds_is_completed(
    module: Module, bin_directory: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lacking = tmp_path / "module-cache"
    lacking.mkdir()
    (lacking / "main.go").write_text("package main\n")
    lacking.chmod(0o555)
    monkeypatch.setattr(build, "EMBEDDED", {"example.org/lacking": "pages/index.html"})
    write_go_mod(module, "tool example.org/lacking/cmd/program\n")
    answer = json.dumps({"Dir": str(lacking)})
    install_go(
        bin_directory,
        f"""#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
if [ "$1" = mod ]; then echo '{answer}'; exit; fi
while [ "$1" != -o ]; do shift; done
while read -r line; do echo "$line"; done < go.mod > "$2/program"
for found in completed-0/*.go completed-0/pages/*; do echo "$found" >> "$2/program"; done
""",
    )

    built = (build.build(module) / "program").read_text()

    assert "replace example.org/lacking => ./completed-0" in built
    assert "completed-0/main.go\ncompleted-0/pages/index.html\n" in built
    assert [found.name for found in module.directory.iterdir()] == ["go.mod", "go.sum"]


def test_a_second_run_waits_for_the_first(module: Module, cache: Path, bin_directory: Path) -> None:
    install_go(bin_directory, GO)
    program = (
        "import pathlib, sys\n"
        f"sys.path.insert(0, {str(Path(build.__file__).parent)!r})\n"
        "import build\n"
        f"build.build(build.Module(pathlib.Path({str(module.directory)!r})))\n"
    )
    cache.mkdir()
    with (cache / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True
        )
        assert second.stderr is not None
        assert "waiting for another build" in second.stderr.readline()
        assert module.built() is None

    second.communicate(timeout=30)
    assert second.returncode == 0
    assert module.built() is not None


def test_without_go_one_line_says_so(
    cache: Path, bin_directory: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not (bin_directory / "go").exists()

    assert build.main() == 1

    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "Go is not installed" in lines[0]


def test_every_module_beside_the_builder_is_built() -> None:
    names = [module.name for module in build.modules()]

    assert {"etcd", "kwok", "prometheus"} < set(names)
    assert len([name for name in names if name.startswith("kubernetes-")]) == 2


@pytest.fixture
def module(tmp_path: Path) -> Module:
    directory = tmp_path / "some-module"
    directory.mkdir()
    (directory / "go.mod").write_text("module example.org/some\n\ngo 1.26.0\n")
    (directory / "go.sum").write_text("")
    return Module(directory)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "cache"
    monkeypatch.setenv("KUBE_FLEET_CACHE", str(directory))
    return directory


@pytest.fixture
def bin_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def write_go_mod(module: Module, requirement: str) -> None:
    (module.directory / "go.mod").write_text(f"module example.org/some\n\n{requirement}")


def install_go(directory: Path, script: str) -> None:
    program = directory / "go"
    program.write_text(script)
    program.chmod(0o755)
