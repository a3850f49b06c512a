"""One kind at one API server: lists by pages, watches by lines, and what servers get wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from exporter.kubernetes import connection as connection_module
from exporter.kubernetes import resource as module
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.errors import (
    Gone,
    KubernetesError,
    Malformed,
    ServerError,
    TooManyRequests,
    Unreachable,
)
from exporter.kubernetes.objects import ApiObject, Metadata, Object
from exporter.kubernetes.resource import Event, Resource
from exporter.simulation import faults
from exporter.simulation.answer import Answer
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault, lists, watches


class Spec(ApiObject, frozen=True):
    node_name: str = ""


class Pod(ApiObject, frozen=True):
    metadata: Metadata = Metadata()
    spec: Spec = Spec()


@pytest.fixture
def pods(connection: Connection) -> Resource[Pod]:
    return Resource(connection, "v1", "pods", Pod)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadlines are the same in kind, and shorter."""
    monkeypatch.setattr(connection_module, "ANSWER_DEADLINE", 0.3)
    monkeypatch.setattr(connection_module, "BODY_DEADLINE", 0.3)
    monkeypatch.setattr(module, "LINE_DEADLINE", 0.3)


def pod(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}


async def names(resource: Resource[Pod]) -> list[str]:
    return [one.metadata.name async for page in resource.pages() for one in page.objects]


async def events(resource: Resource[Any], since: str, count: int) -> list[Event[Any]]:
    """The first events of a watch; an end is an error."""
    found: list[Event[Any]] = []
    async with asyncio.timeout(5), aclosing(resource.watch(since, 60, 0.3)) as watch:
        async for event in watch:
            found.append(event)
            if len(found) == count:
                return found

    raise AssertionError(f"the watch ended after {found}")


async def test_a_list_is_read_page_by_page_at_one_version(
    api: ApiServer, pods: Resource[Pod], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    for number in range(5):
        api.put("pods", pod(f"web-{number}"))

    pages = [page async for page in pods.pages()]

    assert [len(page.objects) for page in pages] == [2, 2, 1]
    assert len({page.resource_version for page in pages}) == 1


async def test_only_the_first_page_is_asked_for_by_more_than_its_token(
    api: ApiServer, pods: Resource[Pod], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    for number in range(3):
        api.put("pods", pod(f"web-{number}"))

    await names(pods)

    asked = [sorted(request.query) for request in api.requests if request.is_list]
    assert asked == [["limit"], ["continue", "limit"]]


async def test_a_token_that_expired_is_gone(
    api: ApiServer, pods: Resource[Pod], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 1)
    api.put("pods", pod("a"))
    api.put("pods", pod("b"))
    api.faults.append(Fault(faults.gone(), on=faults.later_pages("pods")))

    with pytest.raises(Gone):
        await names(pods)


async def test_items_null_is_a_list_of_nothing(api: ApiServer, pods: Resource[Pod]) -> None:
    api.put("pods", pod("a"))
    api.faults.append(Fault(faults.null_items(), on=lists("pods")))

    assert await names(pods) == []


@pytest.mark.parametrize(
    "bend",
    [faults.null(), faults.garbage(), faults.instant_end()],
    ids=["null", "garbage", "nothing at all"],
)
async def test_what_is_not_a_list_is_never_taken_for_an_empty_one(
    api: ApiServer, pods: Resource[Pod], bend: faults.Bend
) -> None:
    api.faults.append(Fault(bend, on=lists("pods")))

    with pytest.raises(Malformed):
        await names(pods)


@pytest.mark.parametrize("body", [b"{}", b'{"kind":"Status"}', b'{"kind":"Table","metadata":{}}'])
async def test_a_document_of_another_kind_is_never_taken_for_an_empty_list(
    api: ApiServer, pods: Resource[Pod], body: bytes
) -> None:
    api.faults.append(Fault(faults.instead(Answer(200, body)), on=lists("pods")))

    with pytest.raises(Malformed):
        await names(pods)


async def test_an_object_that_cannot_be_decoded_is_left_out_and_counted(
    api: ApiServer, pods: Resource[Pod]
) -> None:
    api.put("pods", pod("good"))
    api.put("pods", pod("bad", nodeName=["not", "text"]))

    pages = [page async for page in pods.pages()]

    assert [one.metadata.name for page in pages for one in page.objects] == ["good"]
    assert [page.undecodable for page in pages] == [1]


@pytest.mark.parametrize(
    ("bend", "error"),
    [
        (faults.hang_before_headers(), Unreachable),
        (faults.hang_after_headers(), Unreachable),
        (faults.hang_after_bytes(40), Unreachable),
        (faults.trickle(0.02), Unreachable),
        (faults.truncated_chunk(), Unreachable),
        (faults.half_a_line(), Malformed),
        (faults.reset_before_headers(), Unreachable),
        (faults.html_error(503), ServerError),
        (faults.too_many_requests(3), TooManyRequests),
        (faults.redirect("http://127.0.0.1:1/"), Unreachable),
    ],
    ids=[
        "hang after connect",
        "hang after headers",
        "hang within the body",
        "a byte now and then",
        "truncated chunk",
        "half a document",
        "reset",
        "html",
        "429",
        "redirect",
    ],
)
async def test_a_list_that_fails_says_how_and_in_time(
    api: ApiServer, pods: Resource[Pod], bend: faults.Bend, error: type[KubernetesError]
) -> None:
    api.faults.append(Fault(bend, on=lists("pods")))

    with pytest.raises(error):
        async with asyncio.timeout(5):
            await names(pods)


async def test_a_redirect_is_not_followed(api: ApiServer, pods: Resource[Pod], url: str) -> None:
    api.faults.append(Fault(faults.redirect(f"{url}/secret"), on=lists("pods")))

    with pytest.raises(Unreachable, match="redirects elsewhere"):
        await names(pods)

    assert all(request.path != "/secret" for request in api.requests)


async def test_changes_come_in_order(api: ApiServer, pods: Resource[Pod]) -> None:
    since = str(api.resource_version)
    api.put("pods", pod("a"))
    api.put("pods", pod("a", nodeName="n1"))
    api.delete("pods", "shop", "a")

    opened, added, changed, removed = await events(pods, since, 4)

    assert opened.type == "OPEN"
    assert (added.type, added.key) == ("PUT", ("shop", "a"))
    assert changed.obj is not None and changed.obj.spec.node_name == "n1"
    assert (removed.type, removed.key, removed.obj) == ("REMOVED", ("shop", "a"), None)
    assert removed.resource_version == str(api.resource_version)


async def test_a_pod_of_a_megabyte_and_a_half_is_one_event(
    api: ApiServer, pods: Resource[Pod]
) -> None:
    since = str(api.resource_version)
    large = pod("large", nodeName="n1")
    large["metadata"]["annotations"] = {"note": "x" * 1_500_000}
    api.put("pods", large)

    _, event = await events(pods, since, 2)

    assert event.obj is not None and len(event.obj.metadata.annotations["note"]) == 1_500_000


async def test_nulls_anywhere_are_fields_that_are_not_there(
    api: ApiServer, pods: Resource[Pod]
) -> None:
    since = str(api.resource_version)
    api.put("pods", {"metadata": {"name": "a", "namespace": "shop", "labels": None}, "spec": None})

    _, event = await events(pods, since, 2)

    assert event.obj is not None
    assert event.obj.metadata.labels == {}
    assert event.obj.spec == Spec()


async def test_an_undecodable_event_still_says_which_object_it_is_about(
    api: ApiServer, pods: Resource[Pod]
) -> None:
    since = str(api.resource_version)
    api.put("pods", pod("bad", nodeName=17))

    _, event = await events(pods, since, 2)

    assert (event.type, event.key) == ("UNDECODABLE", ("shop", "bad"))


@pytest.mark.parametrize("object_", [b"null", b"7", b'"text"', b'{"metadata":{"name":7}}'])
async def test_an_event_of_nobody_knows_what_is_undecodable_and_has_no_key(
    api: ApiServer, pods: Resource[Pod], object_: bytes
) -> None:
    line = b'{"type":"ADDED","object":%b}\n' % object_
    api.faults.append(Fault(faults.instead(Answer(200, line)), on=watches("pods")))

    _, event = await events(pods, "1", 2)

    assert (event.type, event.key, event.obj) == ("UNDECODABLE", None, None)


@pytest.mark.parametrize(
    "line", [b"null\n", b"{}\n", b'{"type":"SOMETHING","object":{}}\n', b"x\n"]
)
async def test_a_line_that_is_no_event_ends_the_watch(
    api: ApiServer, pods: Resource[Pod], line: bytes
) -> None:
    api.faults.append(Fault(faults.instead(Answer(200, line)), on=watches("pods")))

    with pytest.raises(Malformed):
        await events(pods, "1", 2)


async def test_a_removal_of_nobody_knows_what_ends_the_watch(
    api: ApiServer, pods: Resource[Pod]
) -> None:
    line = b'{"type":"DELETED","object":null}\n'
    api.faults.append(Fault(faults.instead(Answer(200, line)), on=watches("pods")))

    with pytest.raises(Malformed):
        await events(pods, "1", 2)


@pytest.mark.parametrize(
    ("bend", "error"),
    [
        (faults.hang_before_headers(), Unreachable),
        (faults.hang_after_headers(), Unreachable),
        (faults.hang_after(lines=1), Unreachable),
        (faults.trickle(0.02), Unreachable),
        (faults.truncated_chunk(after_lines=1), Unreachable),
        (faults.half_a_line(after_lines=1), Unreachable),
        (faults.reset(after_lines=1), Unreachable),
        (faults.gone(), Gone),
        (faults.gone_in_stream(), Gone),
        (faults.error_in_stream(500, "InternalError"), ServerError),
        (faults.too_many_requests(1), TooManyRequests),
        (faults.garbage(), Malformed),
    ],
    ids=[
        "hang after connect",
        "hang after headers",
        "hang mid-stream",
        "a byte now and then",
        "truncated chunk",
        "half a line, then a clean end",
        "reset",
        "410 in HTTP",
        "410 in the stream",
        "500 in the stream",
        "429",
        "garbage",
    ],
)
async def test_a_watch_that_fails_says_how_and_in_time(
    api: ApiServer, pods: Resource[Pod], bend: faults.Bend, error: type[KubernetesError]
) -> None:
    since = str(api.resource_version)
    for number in range(3):
        api.put("pods", pod(f"web-{number}"))

    api.faults.append(Fault(bend, on=watches("pods")))

    with pytest.raises(error):
        await events(pods, since, 99)


async def test_what_came_before_a_truncated_line_counts(
    api: ApiServer, pods: Resource[Pod]
) -> None:
    since = str(api.resource_version)
    api.put("pods", pod("whole"))
    api.put("pods", pod("cut"))
    api.faults.append(Fault(faults.half_a_line(after_lines=1), on=watches("pods")))
    watch = pods.watch(since, 60, 1.0)

    assert [(await anext(watch)).key for _ in range(2)] == [None, ("shop", "whole")]
    with pytest.raises(Unreachable):
        await anext(watch)


async def test_an_in_stream_error_says_when_to_come_back(
    api: ApiServer, pods: Resource[Pod]
) -> None:
    line = (
        b'{"type":"ERROR","object":{"kind":"Status","code":429,'
        b'"details":{"retryAfterSeconds":9}}}\n'
    )
    api.faults.append(Fault(faults.instead(Answer(200, line)), on=watches("pods")))

    with pytest.raises(TooManyRequests) as caught:
        await events(pods, "1", 2)

    assert caught.value.retry_after == 9


def accepted(api: ApiServer, is_kind: Callable[[Any], bool]) -> list[str]:
    return [request.headers["Accept"] for request in api.requests if is_kind(request)]


async def test_metadata_alone_is_asked_for_where_that_is_enough(
    api: ApiServer, connection: Connection
) -> None:
    api.put("secrets", {"metadata": {"name": "s", "namespace": "shop"}, "data": {"k": "c2VjcmV0"}})
    secrets = Resource(connection, "v1", "secrets", Object, metadata_only=True)

    found = [one.metadata.name async for page in secrets.pages() for one in page.objects]

    assert found == ["s"]
    (accept,) = accepted(api, lambda request: request.is_list)
    assert accept.startswith("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")


async def test_a_server_that_cannot_send_metadata_alone_is_asked_for_whole_objects(
    api: ApiServer, connection: Connection
) -> None:
    api.faults.append(Fault(faults.status(406, "NotAcceptable"), on=lists("configmaps"), times=1))
    api.put("configmaps", {"metadata": {"name": "c", "namespace": "shop"}, "data": {"k": "v"}})
    configmaps = Resource(connection, "v1", "configmaps", Object, metadata_only=True)

    found = [one.metadata.name async for page in configmaps.pages() for one in page.objects]

    assert found == ["c"]
    assert accepted(api, lambda request: request.is_list)[-1] == "application/json"

    since = str(api.resource_version)
    api.put("configmaps", {"metadata": {"name": "d", "namespace": "shop"}})

    _, event = await events(configmaps, since, 2)

    assert event.key == ("shop", "d")
