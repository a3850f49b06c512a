"""
List once, then follow every change: the one loop that everything is read with.

What it does is client-go's reflector (tools/cache/reflector.go) with four differences: a listing is
handed on page by page, a silent watch is noticed, another cluster at the same address is an error
of its own, and a kind may be polled: listed now and then instead of watched. Whatever happens, the
stream goes on: a fault is one of its values.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from exporter.kubernetes.backoff import Backoff
from exporter.kubernetes.errors import (
    ApiError,
    CredentialsError,
    Forbidden,
    Gone,
    IdentityChanged,
    KubernetesError,
    Malformed,
    NotFound,
    NotWatchable,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from exporter.kubernetes.objects import HasMetadata, Key
from exporter.kubernetes.patience import Patience
from exporter.kubernetes.resource import Event, Page

T = TypeVar("T", bound=HasMetadata)

RestartReason = Literal[
    "ended", "short", "gone", "silent", "interrupted", "throttled", "refused", "malformed"
]

SHORT = 1.0
"""Seconds; a watch that ends sooner and empty has probably a resourceVersion too old: for events
an API server ends it without a word (kubernetes/kubernetes#104171), so after two we list again."""

SETTLED = 10.0
"""Seconds after which a watch counts as a success, whether or not anything came."""

REFUSED_PAUSE = 60.0
"""Seconds between lists of a kind that is forbidden, not served, or refused to be watched."""

UNAUTHORIZED_PAUSE = 30.0
"""Seconds at least after a 401: asking faster locks accounts and floods audit logs."""


@dataclass(frozen=True)
class Listing(Generic[T]):
    """A page of a new list. `first` says that what earlier pages brought is void."""

    objects: list[T]
    first: bool
    undecodable: int


@dataclass(frozen=True)
class Listed:
    """The list is whole: objects that were not in it have gone."""


@dataclass(frozen=True)
class Put(Generic[T]):
    """An object is new or has changed."""

    key: Key
    obj: T


@dataclass(frozen=True)
class Removed:
    """An object has gone."""

    key: Key


@dataclass(frozen=True)
class Undecodable:
    """An object is there but cannot be read; what it was before no longer holds."""

    key: Key | None


@dataclass(frozen=True)
class Watching:
    """The server accepted a watch, or sent a bookmark: what we know is current."""

    opened: bool


@dataclass(frozen=True)
class Lost:
    """
    Nothing is heard for now; it goes on after `pause` seconds.

    `error` is None when a watch ended as it should. `watching` is whether it was a watch that
    ended, not a list that failed; `current`, whether what is known still holds: the watch ended in
    order, or it is refused and the kind listed now and then instead.
    """

    error: KubernetesError | None
    restart: RestartReason
    watching: bool
    current: bool
    pause: float


Change = Listing[T] | Listed | Put[T] | Removed | Undecodable | Watching | Lost


class Followable(Protocol[T]):
    """What can be listed and watched; `exporter.kubernetes.resource.Resource` says how."""

    def pages(self) -> AsyncGenerator[Page[T], None]: ...
    def watch(self, since: str, lasting: int, quiet: float) -> AsyncGenerator[Event[T], None]: ...


async def follow(
    resource: Followable[T],
    verify: Callable[[], Awaitable[None]],
    rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    until_next_list: Callable[[], float] | None = None,
) -> AsyncGenerator[Change[T], None]:
    """
    Yield everything there is, then every change, for ever.

    Args:
        verify: asked before every list and every watch; raises IdentityChanged if this is no
            longer the cluster that it was.
        rest: waits for the seconds of a pause after a fault, or less where it knows that waiting is
            over.
        until_next_list: of a kind that is polled, says after each list how many seconds there are
            until the next one. None: the kind is watched.

    Raises:
        IdentityChanged: the only end; everything known belongs to a cluster that is gone.
    """
    loop = _Loop(resource, verify)
    attempt = loop.list_and_watch if until_next_list is None else loop.list_all
    while True:
        try:
            async with aclosing(attempt()) as changes:
                async for change in changes:
                    yield change

            if until_next_list is not None:
                loop.succeeded()
                await asyncio.sleep(until_next_list())

            continue
        except IdentityChanged:
            raise
        except KubernetesError as error:
            lost = loop.lost(error)

        yield lost
        await rest(lost.pause)


class _Loop(Generic[T]):
    """What is remembered between one watch of a kind and the next."""

    def __init__(self, resource: Followable[T], verify: Callable[[], Awaitable[None]]) -> None:
        self._resource = resource
        self._verify = verify
        self._backoff = Backoff()
        self._patience = Patience()
        self._position = ""
        self._short = 0
        self._listed = False
        self._watching = False

    async def list_and_watch(self) -> AsyncGenerator[Change[T], None]:
        """One list, if there is nothing to resume from, and one watch."""
        self._listed = self._watching = False
        if not self._position:
            async with aclosing(self.list_all()) as listing:
                async for change in listing:
                    yield change

        await self._verify()
        self._watching = True
        async with aclosing(self._watch()) as watch:
            async for change in watch:
                yield change

    async def list_all(self) -> AsyncGenerator[Change[T], None]:
        """One list, whole."""
        await self._verify()
        position = ""
        first = True
        async with aclosing(self._resource.pages()) as pages:
            async for page in pages:
                yield Listing(page.objects, first, page.undecodable)
                position = position or page.resource_version
                first = False

        self._position = position
        self._listed = True
        yield Listed()

    async def _watch(self) -> AsyncGenerator[Change[T], None]:
        lasting, quiet = self._patience.terms()
        clock = asyncio.get_running_loop().time
        began = clock()
        heard = False
        try:
            async with aclosing(self._resource.watch(self._position, lasting, quiet)) as events:
                async for event in events:
                    heard = heard or event.type != "OPEN"
                    self._advance(event.resource_version)
                    yield self._change(event)
        finally:
            if clock() - began > SETTLED:
                self.succeeded()

        if clock() - began < SHORT:
            self._short += not heard
            raise _ShortWatch("the watch ended at once")

        yield Lost(None, "ended", watching=True, current=True, pause=0.0)

    def _change(self, event: Event[T]) -> Change[T]:
        match event:
            case Event("PUT", (_, _) as key, obj) if obj is not None:
                return Put(key, obj)

            case Event("REMOVED", (_, _) as key):
                return Removed(key)

            case Event("OPEN"):
                return Watching(opened=True)

            case Event("BOOKMARK"):
                self._patience.bookmark()
                return Watching(opened=False)

            case _:
                return Undecodable(event.key)

    def succeeded(self) -> None:
        """The next fault is the first one again."""
        self._backoff.succeeded()
        self._short = 0

    def _advance(self, resource_version: str) -> None:
        """
        Remember where to resume.

        Raises:
            Gone: the version went back, as after etcd was restored from a backup. Versions may be
                compared within one kind of one cluster since Kubernetes 1.35 (KEP-5504).
        """
        if not resource_version:
            return

        if (
            resource_version.isdigit()
            and self._position.isdigit()
            and int(resource_version) < int(self._position)
        ):
            raise Gone(410, "the resourceVersion went back")

        self._position = resource_version

    def lost(self, error: KubernetesError) -> Lost:
        """Decide what a fault means for the next attempt: where it starts, and when."""
        polled = False
        pause = self._backoff.failed(getattr(error, "retry_after", None))
        match error:
            case Gone() | Malformed():
                self._position = ""

            case _ShortWatch() if self._short >= 2:
                self._position = ""

            case Forbidden() | NotFound() | NotWatchable():
                self._position = ""
                polled = self._watching and self._listed
                if polled or not self._watching:
                    pause = REFUSED_PAUSE * random.uniform(0.9, 1.1)

            case Unauthorized():
                pause = max(pause, UNAUTHORIZED_PAUSE)

            case Unreachable(reason="timeout") if self._watching:
                self._patience.silent()

        return Lost(error, _restart_reason(error), self._watching, polled, pause)


class _ShortWatch(KubernetesError):
    """A watch that ended at once and brought nothing."""


def _restart_reason(error: KubernetesError) -> RestartReason:
    match error:
        case Gone():
            return "gone"

        case _ShortWatch():
            return "short"

        case TooManyRequests():
            return "throttled"

        case Unreachable(reason="timeout"):
            return "silent"

        case Unreachable():
            return "interrupted"

        case ApiError() | CredentialsError():
            return "refused"

        case _:
            return "malformed"
