"""Clouds that are served here, and an environment in which nobody is anybody."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from exporter.kubernetes.clouds import eks, token

PREFIXES = (
    "AAD_", "AWS_", "AZURE_", "CLOUDSDK_", "GCE_", "GCP_", "GOOGLE_", "IDENTITY_", "IMDS_", "MSI_",
    "NO_GCE_",
)  # fmt: skip

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """
    Where `handler` answers whatever is asked.

    It does so on the test's own event loop: a token that is got in a way that blocks the loop is
    never got.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        answered = await handler(request)
        answered.force_close()  # libraries leave connections to whoever collects their garbage
        return answered

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No identity of whoever runs the tests is used, and none is kept for the next test."""
    for name in list(os.environ):
        if name.startswith(PREFIXES) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    eks._account.cache_clear()
    token._tokens.clear()
