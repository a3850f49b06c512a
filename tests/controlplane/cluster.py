"""A real Kubernetes control plane with simulated nodes."""

import asyncio
import json
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.controlplane.binaries import built, kubernetes_version, program
from tests.controlplane.client import ApiClient, Object
from tests.controlplane.deadline import eventually
from tests.controlplane.port import reserved_port
from tests.controlplane.process import Process, running

_STAGES = Path(__file__).parent / "stages.yaml"
_READY_WITHIN = 60.0  # seconds, on a machine that is busy with other tests


class Cluster:
    """
    A control plane whose API server can be stopped and started.

    `token` has all rights, `ca_pem` verifies `url`, `api` is a client that uses both.
    """

    api: ApiClient

    def __init__(self, name: str, module: str, directory: Path, url: str, etcd_url: str) -> None:
        self.name = name
        self.version = kubernetes_version(module)
        self.directory = directory
        self.url = url
        self.token = f"token-of-{name}"
        self.ca_pem = ""
        self._api_server: Process | None = None
        self._command = _api_server_command(module, directory, url, etcd_url)

    async def start_api_server(self) -> None:
        """Start the API server at its address, on the data it had; return when it is ready."""
        self._api_server = Process(self._command, self.directory / "kube-apiserver.log", {})
        await eventually(self._ready, within=_READY_WITHIN)

    def stop_api_server(self) -> None:
        """
        Stop the API server; until it is started again its address refuses connections.

        It is killed: asked to end, it waits a minute for its open watches.
        """
        if self._api_server is not None:
            self._api_server.kill()
            self._api_server = None

    async def close(self) -> None:
        """End the API server and the client."""
        self.stop_api_server()
        if self.ca_pem:
            await self.api.close()

    def kubeconfig_context(self) -> Object:
        """A kubeconfig with one context; the context, its user and its cluster have our name."""
        authority = b64encode(self.ca_pem.encode()).decode()
        server = {"server": self.url, "certificate-authority-data": authority}
        context = {"cluster": self.name, "user": self.name}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self.name, "cluster": server}],
            "users": [{"name": self.name, "user": {"token": self.token}}],
            "contexts": [{"name": self.name, "context": context}],
            "current-context": self.name,
        }

    async def _ready(self) -> None:
        assert self._api_server is not None
        self._api_server.check()
        certificates = self.directory / "certificates"
        written = (certificates / "apiserver.key").exists()  # after the certificate
        assert written, f"{self.name}: kube-apiserver has no certificate yet"
        if not self.ca_pem:
            self.ca_pem = (certificates / "apiserver.crt").read_text()
            self.api = ApiClient(self.url, self.token, self.ca_pem)
        await self.api.check_ready()


def kubeconfig(clusters: Sequence[Cluster]) -> Object:
    """One kubeconfig with a context for each cluster; the first is the current one."""
    merged = clusters[0].kubeconfig_context()
    for cluster in clusters[1:]:
        one = cluster.kubeconfig_context()
        for key in ("clusters", "users", "contexts"):
            merged[key] += one[key]
    return merged


@asynccontextmanager
async def started_clusters(
    modules: dict[str, str], directory: Path
) -> AsyncIterator[list[Cluster]]:
    """
    Start clusters at the same time, `{"east": "kubernetes-1.36"}`, in the order given.

    Everything they write is below `directory`: data, certificates, a log for each program.
    """
    for module in ("etcd", "kwok", *modules.values()):
        built(module)  # skips the test here: a task group would wrap what pytest raises
    async with AsyncExitStack() as stack:
        async with asyncio.TaskGroup() as starting:
            tasks = []
            for name, module in modules.items():
                cluster = started_cluster(name, module, directory / name)
                tasks.append(starting.create_task(stack.enter_async_context(cluster)))
        yield [task.result() for task in tasks]


@asynccontextmanager
async def started_cluster(name: str, module: str, directory: Path) -> AsyncIterator[Cluster]:
    """Start etcd, the API server, the controllers, the scheduler, and kwok in place of kubelets."""
    async with AsyncExitStack() as stack:
        etcd_url, peer_url, url = (
            f"{scheme}://127.0.0.1:{stack.enter_context(reserved_port())}"
            for scheme in ("http", "http", "https")
        )
        cluster = Cluster(name, module, directory, url, etcd_url)
        _write_secrets(cluster)
        stack.callback(shutil.rmtree, directory / "etcd", ignore_errors=True)  # 120 MB
        etcd = _etcd_command(directory, etcd_url, peer_url)
        await stack.enter_async_context(running("etcd", etcd, directory))
        stack.push_async_callback(cluster.close)
        await cluster.start_api_server()
        (directory / "kubeconfig.json").write_text(json.dumps(cluster.kubeconfig_context()))
        home = {"HOME": str(directory)}  # kwok reads ~/.kwok
        for controller, command in _controller_commands(module, directory).items():
            await stack.enter_async_context(running(controller, command, directory, home))
        yield cluster


def _write_secrets(cluster: Cluster) -> None:
    """The token that the API server accepts, and the key of its service account tokens."""
    cluster.directory.mkdir(parents=True)
    tokens = cluster.directory / "tokens.csv"
    tokens.write_text(f"{cluster.token},admin,admin,system:masters\n")
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (cluster.directory / "service-account.key").write_bytes(pem)


def _etcd_command(directory: Path, url: str, peer_url: str) -> list[str | Path]:
    return [
        program("etcd", "server"),
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
        "--unsafe-no-fsync",
    ]


def _api_server_command(module: str, directory: Path, url: str, etcd_url: str) -> list[str | Path]:
    key = directory / "service-account.key"
    return [
        program(module, "kube-apiserver"),
        f"--etcd-servers={etcd_url}",
        f"--secure-port={url.rpartition(':')[2]}",
        "--bind-address=127.0.0.1",
        f"--cert-dir={directory / 'certificates'}",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--token-auth-file={directory / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--endpoint-reconciler-type=none",
    ]


def _controller_commands(module: str, directory: Path) -> dict[str, list[str | Path]]:
    """The API server's clients. They serve nothing themselves: port 0."""
    client = [f"--kubeconfig={directory / 'kubeconfig.json'}"]
    quiet = ["--leader-elect=false", "--secure-port=0"]
    return {
        "kube-controller-manager": [
            program(module, "kube-controller-manager"),
            *client,
            *quiet,
            f"--service-account-private-key-file={directory / 'service-account.key'}",
            f"--root-ca-file={directory / 'certificates' / 'apiserver.crt'}",
        ],
        "kube-scheduler": [program(module, "kube-scheduler"), *client, *quiet],
        "kwok": [
            program("kwok", "kwok"),
            *client,
            f"--config={_STAGES}",
            "--manage-all-nodes",
            "--node-lease-duration-seconds=40",
            "--node-port=0",
        ],
    }
