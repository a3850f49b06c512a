"""Which addresses count as ours, however they are spelled."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.addresses import GuardedResolver, literal, local_sort, refuse_local
from exporter.kubernetes.errors import RefusedByPolicy

LOCAL = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "::1": "loopback",
    "::1%lo": "loopback",
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "::": "unspecified",
    "169.254.169.254": "link-local",
    "169.254.170.2": "link-local",
    "fe80::a9fe:a9fe": "link-local",
    "fe80::1%eth0": "link-local",
    "febf::1": "link-local",
    "224.0.0.251": "multicast",
    "255.255.255.255": "multicast",
    "ff02::1": "multicast",
    "100.100.100.200": "cloud metadata",
    "168.63.129.16": "cloud metadata",
    "192.0.0.192": "cloud metadata",
    "fd00:ec2::254": "cloud metadata",
    "fd00:ec2::23": "cloud metadata",
    "fd20:ce::254": "cloud metadata",
    "fd00:c1::a9fe:a9fe": "cloud metadata",
    "fd00:42::42": "cloud metadata",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:a9fe:a9fe": "link-local",
    "::ffff:100.100.100.200": "cloud metadata",
    "::ffff:0:127.0.0.1": "loopback",
    "::127.0.0.1": "loopback",
    "64:ff9b::169.254.169.254": "link-local",
    "64:ff9b:1::169.254.169.254": "link-local",
    "2002:7f00:1::1": "loopback",
    "2002:a9fe:a9fe::": "link-local",
}

ALLOWED = [
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.201", "8.8.8.8",
    "240.0.0.1", "fd00::1", "fc00::1", "2001:db8::1", "2606:4700::1111", "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1", "2002:a00:1::1", "128.0.0.1", "168.63.129.17", "fec0::1",
]  # fmt: skip


@pytest.mark.parametrize(("address", "sort"), LOCAL.items())
def test_a_local_address_is_known_with_its_sort(address: str, sort: str) -> None:
    assert local_sort(ip_address(address)) == sort


@pytest.mark.parametrize("address", ALLOWED)
def test_private_and_public_addresses_are_not_local(address: str) -> None:
    assert local_sort(ip_address(address)) is None


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1.", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001",
     "0177.0.0.1", "127.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:127.0.0.1"],
)  # fmt: skip
def test_loopback_is_recognized_in_every_spelling(host: str) -> None:
    address = literal(host)

    assert address is not None
    assert local_sort(address) == "loopback"


@pytest.mark.parametrize(
    "host", ["", ".", "localhost", "eu-1.example", "127.0.0.1.example", "0x7g.1", "1.2.3.4.5",
             "256.1.1.1", "::g", "fe80::1%", "nul\0", "\uff11\uff12\uff17.0.0.1"],
)  # fmt: skip
def test_what_is_no_address_is_a_name(host: str) -> None:
    assert literal(host) is None


@given(st.text() | st.text(alphabet="0123456789abcdefx.:%"))
def test_whatever_a_host_is_reading_it_does_not_fail(host: str) -> None:
    address = literal(host)

    assert address is None or local_sort(address) in {None, *LOCAL.values()}


@given(st.ip_addresses(v=4))
def test_an_address_is_as_local_inside_of_an_ipv6_address(address: object) -> None:
    for embedding in ("::ffff:{}", "64:ff9b::{}", "::ffff:0:{}"):
        assert local_sort(ip_address(embedding.format(address))) == local_sort(
            ip_address(str(address))
        )


@pytest.mark.parametrize(
    ("host", "address", "message"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1 (loopback)"),
        ("eu-1.example", "169.254.1.1", "eu-1.example: its address 169.254.1.1 (link-local)"),
        ("eu-1.example", "nonsense", "eu-1.example: its address nonsense (not an address)"),
    ],
)
def test_a_refusal_says_what_would_permit_it(host: str, address: str, message: str) -> None:
    with pytest.raises(RefusedByPolicy) as caught:
        refuse_local(host, address)

    assert str(caught.value) == f"{message} is refused; allow.local_addresses: true permits it"


class Answering(AbstractResolver):
    """Every name has the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.closed = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        self.closed = True


async def test_a_name_without_local_addresses_is_resolved_as_ever() -> None:
    resolver = Answering("10.0.0.1", "2001:db8::1")

    found = await GuardedResolver(resolver).resolve("eu-1.example", 6443)

    assert found == await resolver.resolve("eu-1.example", 6443)


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_local_address_among_others_is_enough(place: int) -> None:
    addresses = ["10.0.0.1", "10.0.0.2"]
    addresses.insert(place, "127.0.0.1")

    with pytest.raises(RefusedByPolicy, match=r"^eu-1\.example: its address 127\.0\.0\.1 "):
        await GuardedResolver(Answering(*addresses)).resolve("eu-1.example")


async def test_a_shared_resolver_is_left_open() -> None:
    resolver = Answering()
    await GuardedResolver(resolver).close()

    assert not resolver.closed
