"""What a Gardener's API server answers where an ordinary one has nothing: kubeconfigs of Shoots."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from exporter.simulation.answer import Answer, encoded, failure
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault
from exporter.simulation.request import Request

PATH = re.compile(
    r"/apis/core\.gardener\.cloud/v1beta1/namespaces/([^/]+)/shoots/([^/]+)/viewerkubeconfig"
)


class Garden:
    """
    Gives out kubeconfigs, each with another token: `<shoot>-<number>`. `asked` is for which Shoots;
    `validity` is the most that is given, in seconds; `most_at_once` counts requests under way.
    """

    def __init__(self, server: ApiServer | None = None) -> None:
        """With a simulated server, it is that one which answers."""
        self.asked: list[str] = []
        self.wanted: list[dict[str, Any]] = []
        self.refuses = False
        self.validity = 24 * 3600
        self.user: dict[str, str] | None = None
        """Instead of the token."""
        self.status: dict[str, Any] = {}
        """What the answer's `status` has instead."""
        self.most_at_once = 0
        self._under_way = 0
        self._request: Request | None = None
        if server is not None:
            server.faults.append(Fault(self._bend, self._strikes))

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and document for a request whose path is as `PATH`."""
        match = PATH.fullmatch(path)
        assert match is not None and method == "POST"
        if self.refuses:
            answer = failure(403, "Forbidden", "shoots.core.gardener.cloud is forbidden")
            assert isinstance(answer.body, bytes)
            return 403, json.loads(answer.body)

        asked = json.loads(body)
        assert asked["apiVersion"] == "authentication.gardener.cloud/v1alpha1"
        assert asked["kind"] == "ViewerKubeconfigRequest"
        self.asked.append(match[2])
        self.wanted.append(asked["spec"])
        seconds = min(asked["spec"]["expirationSeconds"], self.validity)
        expires = datetime.now(UTC) + timedelta(seconds=seconds)
        text = yaml.safe_dump(self.kubeconfig(match[1], match[2]))
        status = {
            "kubeconfig": b64encode(text.encode()).decode(),
            "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **self.status,
        }
        return 201, {**asked, "metadata": {}, "status": status}

    def kubeconfig(self, namespace: str, shoot: str) -> dict[str, Any]:
        """One with a context for each address, of which the first is the current one."""
        name = f"{namespace}--{shoot}"
        user = self.user or {"token": f"{shoot}-{self.asked.count(shoot)}"}
        places = [f"{name}-{address}" for address in ("external", "internal")]
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": one, "cluster": {"server": f"https://{one}"}} for one in places],
            "users": [{"name": name, "user": user}],
            "contexts": [
                {"name": one, "context": {"cluster": one, "user": name}} for one in places
            ],
            "current-context": places[0],
        }

    def _strikes(self, request: Request) -> bool:
        self._request = request
        return PATH.fullmatch(request.path) is not None

    async def _bend(self, _: Answer) -> Answer:
        request = self._request
        assert request is not None
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        await asyncio.sleep(0.01)  # so that others could come meanwhile
        self._under_way -= 1
        status, document = self.answer(request.method, request.path, request.body)
        return encoded(document, status)
