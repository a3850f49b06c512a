"""IP addresses as Go's net/netip reads them."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Literal


@lru_cache(maxsize=8192)
def ip_family(text: str) -> Literal["4", "6"] | None:
    """
    The family of an address; None if it is not one.

    An IPv4 address written as IPv6 (``::ffff:10.0.0.1``) is of family 4. A zone may follow an IPv6
    address; Python alone would not take every zone that Go takes.
    """
    address, percent, zone = text.partition("%")
    try:
        if ":" in address:
            if percent and not zone:
                return None

            return "6" if IPv6Address(address).ipv4_mapped is None else "4"

        IPv4Address(text)
    except ValueError:
        return None

    return "4"
