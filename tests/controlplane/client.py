"""A small client of a Kubernetes API server: JSON in, JSON out."""

import json
import ssl
from typing import Any

import aiohttp

Object = dict[str, Any]


class ApiError(AssertionError):
    """The API server refused a request. The message has its answer."""


class ApiClient:
    """Requests to one API server, by path: `/api/v1/nodes`. Close it at the end."""

    def __init__(self, url: str, token: str, ca_pem: str) -> None:
        self._session = aiohttp.ClientSession(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            connector=aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=ca_pem)),
            timeout=aiohttp.ClientTimeout(total=10),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def check_ready(self) -> None:
        """Raise ApiError unless /readyz answers that all is well."""
        await self._text("GET", "/readyz")

    async def get(self, path: str) -> Object:
        """Read an object or a list."""
        return await self._request("GET", path)

    async def items(self, path: str) -> list[Object]:
        """Read all objects of a list."""
        items: list[Object] = (await self.get(path))["items"]
        return items

    async def create(self, path: str, body: Object) -> Object:
        """Create an object in the collection at `path`."""
        return await self._request("POST", path, body)

    async def patch(self, path: str, body: Object) -> Object:
        """Change an object by a JSON merge patch (RFC 7396)."""
        return await self._request("PATCH", path, body, "application/merge-patch+json")

    async def delete(self, path: str) -> Object:
        """Delete an object."""
        return await self._request("DELETE", path)

    async def _request(
        self, verb: str, path: str, body: Object | None = None, kind: str = "application/json"
    ) -> Object:
        decoded: Object = json.loads(await self._text(verb, path, body, kind))
        return decoded

    async def _text(
        self, verb: str, path: str, body: Object | None = None, kind: str = "application/json"
    ) -> str:
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": kind}
        async with self._session.request(verb, path, data=data, headers=headers) as response:
            text = await response.text()
            if not response.ok:
                raise ApiError(f"{verb} {path}: {response.status} {text[:500]}")
            return text
