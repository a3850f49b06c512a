"""Builds the control planes of the tests from their Go modules, into a cache outside the checkout.

`python tests/controlplane/build.py`: every directory beside this file that has a go.mod is one
module; the programs are its `tool` directives. One of our own has its source below the go.mod.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FLAGS = ("-trimpath", "-buildvcs=false")

EMBEDDED = {"github.com/prometheus/alertmanager": "ui/app/dist/index.html"}
"""
By module, a file that its programs embed but that is made for its releases only. An empty one
will do: nobody looks at Alertmanager's pages here.
"""

_GO_IS_MISSING = (
    "Go is not installed (no `go` on PATH); the control planes of the tests are built by it,"
    " see https://go.dev/doc/install"
)
_UNFINISHED = ".unfinished-"
_KUBERNETES = re.compile(r"^(?:require)?\s+k8s\.io/kubernetes (v\S+)", re.MULTILINE)


class CannotBuild(Exception):
    """A module cannot be built. The message is one line for the user."""


@dataclass(frozen=True)
class Module:
    """One go.mod, and where its programs are kept."""

    directory: Path

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def kubernetes_version(self) -> str | None:
        """The `v1.36.3` of `require k8s.io/kubernetes v1.36.3`; None where that is not required."""
        found = _KUBERNETES.search(self._go_mod())
        return found.group(1) if found else None

    @property
    def flags(self) -> tuple[str, ...]:
        """
        What `go build` is told. Without symbol tables the programs are a third smaller.

        Kubernetes has its version from the linker; a plain build says v0.0.0.
        """
        link = ["-s", "-w"]
        version = self.kubernetes_version
        if version:
            major, minor, _ = version.removeprefix("v").split(".")
            stamps = {
                "gitVersion": version,
                "gitMajor": major,
                "gitMinor": minor,
                "gitTreeState": "clean",
                "buildDate": "1970-01-01T00:00:00Z",
            }
            link += [f"-X k8s.io/component-base/version.{k}={v}" for k, v in stamps.items()]
        return (*FLAGS, "-ldflags=" + " ".join(link))

    @property
    def incomplete(self) -> list[str]:
        """The modules of its programs that lack a file which these embed."""
        return [path for path in EMBEDDED if re.search(rf"\s{path}/cmd/", self._go_mod())]

    @property
    def key(self) -> str:
        """The module's name and ten digits that change with its sources and flags."""
        digest = hashlib.sha256(self._go_mod().encode())
        for source in (self.directory / "go.sum", *sorted(self.directory.rglob("*.go"))):
            digest.update(source.read_bytes())
        digest.update("\0".join((*self.flags, *self.incomplete)).encode())
        return f"{self.name}-{digest.hexdigest()[:10]}"

    def built(self) -> Path | None:
        """
        The directory of the programs, or None while they are not built.

        Whatever Go they were built with will do: they run on machines without Go too.
        """
        found = sorted(cache_directory().glob(f"{self.key}-go*"))
        return found[-1] if found else None

    def _go_mod(self) -> str:
        return (self.directory / "go.mod").read_text()


def modules() -> list[Module]:
    """Every module beside this file, by name."""
    return [Module(found.parent) for found in sorted(Path(__file__).parent.glob("*/go.mod"))]


def cache_directory() -> Path:
    """Where programs are kept between runs: `$KUBE_FLEET_CACHE`, else the user's own cache."""
    chosen = os.environ.get("KUBE_FLEET_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kube-fleet-exporter"


def build(module: Module) -> Path:
    """
    Build the module unless this Go has done so already; return the directory of its programs.

    The directory appears complete or not at all; only one build runs at a time. Raises CannotBuild.
    """
    built = cache_directory() / f"{module.key}-{_go_version(module)}"
    with _alone():
        if built.is_dir():
            _say(f"{module.name}: there already, {built}")
            return built
        _say(f"{module.name}: building, the first time takes minutes")
        started = time.monotonic()
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=cache_directory()))
        try:
            with _sources(module) as sources:
                _go_build(module, sources, unfinished)
            unfinished.chmod(0o755)
            unfinished.rename(built)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    _say(f"{module.name}: built in {time.monotonic() - started:.0f} s, {built}")
    return built


def main() -> int:
    """Build every module, one after the other: Go itself uses all processors."""
    try:
        if shutil.which("go") is None:
            raise CannotBuild(_GO_IS_MISSING)
        for module in modules():
            build(module)
    except CannotBuild as error:
        _say(str(error))
        return 1
    return 0


@contextmanager
def _sources(module: Module) -> Iterator[Path]:
    """
    Where to build: the module's directory, or one beside which what is incomplete is completed.

    Go lets nobody replace files in its module cache, `-overlay` included; but a module can be
    replaced as a whole, by a copy.
    """
    if not module.incomplete:
        yield module.directory
        return
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=cache_directory()) as temporary:
        directory = Path(temporary)
        for name in ("go.mod", "go.sum"):
            shutil.copy(module.directory / name, directory)
        for number, path in enumerate(module.incomplete):
            copy = directory / f"completed-{number}"
            shutil.copytree(_downloaded(module, path), copy, copy_function=shutil.copyfile)
            for folder in (copy, *filter(Path.is_dir, copy.rglob("*"))):
                folder.chmod(0o755)  # Go's module cache is read-only
            embedded = copy / EMBEDDED[path]
            embedded.parent.mkdir(parents=True)
            embedded.touch()
            with (directory / "go.mod").open("a") as go_mod:
                go_mod.write(f"\nreplace {path} => ./{copy.name}\n")
        yield directory


def _downloaded(module: Module, path: str) -> Path:
    """Where Go keeps the sources of a module that this one requires, checked against go.sum."""
    done = subprocess.run(
        ["go", "mod", "download", "-json", path],
        cwd=module.directory,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotBuild(f"{module.name}: `go mod download {path}` failed: {done.stdout.strip()}")
    return Path(json.loads(done.stdout)["Dir"])


def _go_build(module: Module, sources: Path, into: Path) -> None:
    done = subprocess.run(
        ["go", "build", *module.flags, "-o", f"{into}/", "tool"],
        cwd=sources,
        env={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"},
        check=False,
    )
    if done.returncode:
        raise CannotBuild(f"{module.name}: `go build` failed in {module.directory}, see above")


def _go_version(module: Module) -> str:
    """The Go that builds this module, for example `go1.26.8`: go.mod may ask for a newer one."""
    asked = subprocess.run(
        ["go", "env", "GOVERSION"],
        cwd=module.directory,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise CannotBuild(f"{module.name}: `go env GOVERSION` failed: {asked.stderr.strip()}")
    return asked.stdout.strip()


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other run builds, and remove what one that was killed has left."""
    cache_directory().mkdir(parents=True, exist_ok=True)
    with (cache_directory() / "build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"waiting for another build to end ({lock.name})")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in cache_directory().glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def _say(line: str) -> None:
    sys.stderr.write(f"build.py: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
