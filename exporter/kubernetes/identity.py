"""
Which cluster answers: the UID of its kube-system namespace.

The convention of SIG Multicluster (KEP-2149): the namespace lives as long as the cluster does and
its UID is never used again, so a cluster that was rebuilt behind the same address shows another.
"""

from __future__ import annotations

import asyncio

from exporter.kubernetes.connection import Connection
from exporter.kubernetes.decoding import Decoder, Undecodable
from exporter.kubernetes.errors import (
    Forbidden,
    IdentityChanged,
    KubernetesError,
    Malformed,
    NotFound,
)
from exporter.kubernetes.objects import ApiObject, Object

_PATH = "/api/v1/namespaces"
_NAME = "kube-system"
_ACCEPT_ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
_ACCEPT_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


class _Namespaces(ApiObject, frozen=True):
    items: tuple[Object, ...] = ()


_one = Decoder(Object)
_many = Decoder(_Namespaces)

_UNANSWERED = KubernetesError("the question was not answered")


class Identity:
    """The cluster behind one connection; `uid` is empty until it is known."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self._asked = 0
        self._failure: KubernetesError | None = None
        self.uid = ""

    async def verify(self) -> None:
        """
        Ask who is there. Whoever calls while a question is open shares the next one, which begins
        after the call: an answer from before a reconnect proves nothing about who is there now.

        A server that lets us see neither the namespace nor a list of it has no identity; that is
        not an error, only unknown.

        Raises:
            IdentityChanged: another cluster answers than the one that answered first.
            KubernetesError: nobody, or nothing sensible, answers.
        """
        question = self._asked + 1
        async with self._turn:
            if self._asked < question or self._failure_of_interrupted():
                self._asked += 1
                self._failure = _UNANSWERED
                self._failure = await self._outcome()

        if self._failure is not None:
            raise self._failure

    def _failure_of_interrupted(self) -> bool:
        """The one who asked was cancelled before the answer came."""
        return self._failure is _UNANSWERED

    async def _outcome(self) -> KubernetesError | None:
        try:
            uid = await self._ask()
        except KubernetesError as error:
            return error

        if self.uid and uid and uid != self.uid:
            return IdentityChanged(self.uid, uid)

        self.uid = self.uid or uid
        return None

    async def _ask(self) -> str:
        try:
            body = await self._connection.read(f"{_PATH}/{_NAME}", accept=_ACCEPT_ONE)
            return _one.decode(body).metadata.uid
        except (Forbidden, NotFound):
            return await self._ask_list()
        except Undecodable as error:
            raise Malformed(f"namespace {_NAME}: {error}") from None

    async def _ask_list(self) -> str:
        """For those who may list namespaces but not get one, as kube-state-metrics' role has it."""
        try:
            body = await self._connection.read(
                _PATH,
                verb="LIST",
                accept=_ACCEPT_LIST,
                params={"fieldSelector": f"metadata.name={_NAME}", "limit": "1"},
            )
            found = _many.decode(body).items
        except (Forbidden, NotFound, Undecodable):
            return ""

        return next((one.metadata.uid for one in found if one.metadata.name == _NAME), "")
