"""Which texts are IP addresses, and of which family, for Go's net/netip."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.ip_address import ip_family


@pytest.mark.parametrize("text", ["10.0.0.1", "0.0.0.0", "::ffff:10.0.0.1", "::ffff:a00:1%eth0"])
def test_an_ipv4_address_is_one_in_either_notation(text: str) -> None:
    assert ip_family(text) == "4"


@pytest.mark.parametrize(
    "text", ["::1", "fd00::1", "1:2:3:4:5:6:7:8", "::10.0.0.1", "fe80::1%eth0", "fe80::1%a%b/c"]
)
def test_an_ipv6_address_may_have_a_zone(text: str) -> None:
    assert ip_family(text) == "6"


@pytest.mark.parametrize(
    "text",
    [
        "", "not-an-ip", "10.0.0.256", "10.0.0", "010.0.0.1", "10.0.0.1/24", "10.0.0.1%eth0",
        "10.0.0.1 ", "::1/64", "fe80::1%", "1:2:3:4:5:6:7", "12345::", "%eth0", "1::2::3",
    ],
)  # fmt: skip
def test_other_texts_are_no_addresses(text: str) -> None:
    assert ip_family(text) is None


@given(st.ip_addresses())
def test_every_address_has_the_family_it_was_made_of(address: IPv4Address | IPv6Address) -> None:
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None

    assert ip_family(str(address)) == ("4" if address.version == 4 or mapped else "6")
