"""Objects out of server-side Tables."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import msgspec
import pytest

from exporter.kinds.secret import Secret
from exporter.kubernetes.connection import Connection
from exporter.kubernetes.decoding import Undecodable
from exporter.kubernetes.errors import NotAcceptable
from exporter.kubernetes.resource import Resource
from exporter.kubernetes.table import Tables
from exporter.simulation import faults
from exporter.simulation.api_server import ApiServer
from exporter.simulation.faults import Fault, lists

COLUMNS = b'"columnDefinitions":[{"name":"Name"},{"name":"Type"}]'
ROW = b'{"cells":["s","Opaque"],"object":{"metadata":{"name":"s"}}}'


def objects(tables: Tables, text: bytes) -> list[object]:
    return [msgspec.json.decode(one) for one in tables.objects(text)]


def test_a_row_is_the_metadata_and_the_columns_that_are_wanted() -> None:
    tables = Tables({"Type": "type"})

    found = objects(tables, b'{"kind":"Table",%b,"rows":[%b]}' % (COLUMNS, ROW))

    assert found == [{"metadata": {"name": "s"}, "type": "Opaque"}]


def test_where_the_columns_are_is_remembered_for_tables_that_do_not_say() -> None:
    tables = Tables({"Type": "type"})
    objects(tables, b'{"kind":"Table",%b,"rows":null}' % COLUMNS)

    found = objects(tables, b'{"kind":"Table","columnDefinitions":null,"rows":[%b]}' % ROW)

    assert found == [{"metadata": {"name": "s"}, "type": "Opaque"}]


def test_rows_without_cells_or_object_are_taken_as_they_are() -> None:
    tables = Tables({"Type": "type"})

    found = objects(
        tables, b'{"kind":"Table",%b,"rows":[{"cells":[]},{"cells":["a","b"]}]}' % COLUMNS
    )

    assert found == [{}, {}]


def test_another_document_is_one_object() -> None:
    assert objects(Tables({"Type": "type"}), b'{"kind":"Secret"}') == [{"kind": "Secret"}]


def test_what_is_not_json_is_undecodable() -> None:
    with pytest.raises(Undecodable):
        Tables({}).objects(b"{")


SECRET = {
    "metadata": {"name": "s", "namespace": "shop"},
    "type": "kubernetes.io/tls",
    "data": {"tls.key": "aHVudGVyMg=="},
}


@pytest.fixture
def secrets(connection: Connection) -> Resource[Secret]:
    return Resource(
        connection, "v1", "secrets", Secret, metadata_only=True, columns={"Type": "type"}
    )


async def test_the_type_of_a_secret_is_read_without_what_it_holds(
    api: ApiServer, secrets: Resource[Secret]
) -> None:
    api.put("secrets", SECRET)

    (secret,) = [one async for page in secrets.pages() for one in page.objects]

    assert (secret.metadata.name, secret.type) == ("s", "kubernetes.io/tls")


async def test_a_changed_secret_is_a_table_of_one_row(
    api: ApiServer, secrets: Resource[Secret]
) -> None:
    since = str(api.resource_version)
    api.put("secrets", SECRET)
    api.put("secrets", {**SECRET, "data": {}})
    api.delete("secrets", "shop", "s")

    async with asyncio.timeout(5), aclosing(secrets.watch(since, 60, 1.0)) as watch:
        _, added, changed, removed = [await anext(watch) for _ in range(4)]

    assert added.obj is not None and added.obj.type == "kubernetes.io/tls"
    assert changed.obj is not None and changed.obj.type == "kubernetes.io/tls"
    assert (removed.type, removed.key) == ("REMOVED", ("shop", "s"))


async def test_whole_secrets_are_never_asked_for(api: ApiServer, secrets: Resource[Secret]) -> None:
    api.put("secrets", SECRET)
    api.faults.append(Fault(faults.status(406, "NotAcceptable"), on=lists("secrets"), times=1))

    with pytest.raises(NotAcceptable):
        _ = [page async for page in secrets.pages()]

    _ = [page async for page in secrets.pages()]
    async with asyncio.timeout(5), aclosing(secrets.watch("0", 60, 1.0)) as watch:
        await anext(watch)

    for request in api.requests:
        alternatives = request.headers["Accept"].split(",")
        assert alternatives
        assert all("as=Table" in one or "as=PartialObjectMetadata" in one for one in alternatives)


async def test_a_server_without_tables_sends_metadata_and_the_type_stays_unknown(
    api: ApiServer, secrets: Resource[Secret]
) -> None:
    api.serves_tables = False
    api.put("secrets", SECRET)

    (secret,) = [one async for page in secrets.pages() for one in page.objects]

    assert (secret.metadata.name, secret.type) == ("s", None)
