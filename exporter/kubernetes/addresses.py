"""Addresses that nothing we found may lead us to: our own machine's, and its cloud's."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult

from exporter.kubernetes.errors import RefusedByPolicy

PERMITTED_BY = "is refused; allow.local_addresses: true permits it"

_LOCAL = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    "unspecified": ("0.0.0.0/8", "::/128"),  # Linux connects to itself
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "multicast": ("224.0.0.0/4", "255.255.255.255/32", "ff00::/8"),
    "cloud metadata": (
        "100.100.100.200/32",  # Alibaba Cloud
        "168.63.129.16/32",  # Azure's wire server
        "192.0.0.192/32",  # Oracle Cloud Classic
        "fd00:ec2::/32",  # AWS: instance metadata, EKS Pod Identity
        "fd20:ce::254/128",  # Google Cloud
        "fd00:c1::a9fe:a9fe/128",  # Oracle Cloud
        "fd00:42::42/128",  # Scaleway
    ),
}
_NETWORKS = [(sort, ip_network(text)) for sort, texts in _LOCAL.items() for text in texts]

_IPV4_AT_THE_END = [
    IPv6Network(text)
    for text in (
        "::/96",  # IPv4-compatible (RFC 4291)
        "::ffff:0:0/96",  # IPv4-mapped (RFC 4291)
        "::ffff:0:0:0/96",  # IPv4-translated (RFC 2765)
        "64:ff9b::/96",  # NAT64 (RFC 6052)
        "64:ff9b:1::/48",  # NAT64 within one network (RFC 8215)
    )
]


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """
    The address that a URL's host spells out; None for a name.

    As the C library reads it: `127.1`, `0x7f.0.0.1` and `2130706433` are addresses.
    """
    host = host.removesuffix(".")
    try:
        return ip_address(host)
    except ValueError:
        pass

    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def local_sort(address: IPv4Address | IPv6Address) -> str | None:
    """
    Why an address is none that we may be led to: loopback, link-local and so on. None if it may be.

    An IPv4 address inside of an IPv6 address counts, as something translates it somewhere.
    """
    for sort, network in _NETWORKS:
        if address in network:
            return sort

    if isinstance(address, IPv4Address):
        return None

    if address.sixtofour is not None:
        return local_sort(address.sixtofour)

    if any(address in network for network in _IPV4_AT_THE_END):
        return local_sort(IPv4Address(int(address) & 0xFFFF_FFFF))

    return None


def refuse_local(host: str, address: str) -> None:
    """
    Raises:
        RefusedByPolicy: `address`, which `host` stands for, is local, or is no address at all.
    """
    read = literal(address)
    sort = "not an address" if read is None else local_sort(read)
    if sort is not None:
        shown = address if host == address else f"{host}: its address {address}"
        raise RefusedByPolicy(f"{shown} ({sort}) {PERMITTED_BY}")


class GuardedResolver(AbstractResolver):
    """Another resolver, its owner's to close; a name with a local address is refused."""

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """
        Raises:
            RefusedByPolicy: one of the addresses is local. One is enough: which one is connected to
                is a matter of luck, and whoever mixes them means no good.
        """
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            refuse_local(host, one["host"])

        return found

    async def close(self) -> None:
        """There is nothing of its own to close."""
