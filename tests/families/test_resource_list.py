"""Resource lists as numbers."""

from __future__ import annotations

from exporter.families.resource_list import amounts


def test_every_quantity_is_a_number() -> None:
    assert amounts({"cpu": "1500m", "memory": "1Ki", "pods": "10"}) == [
        ("cpu", 1.5),
        ("memory", 1024),
        ("pods", 10),
    ]


def test_what_is_not_a_quantity_is_left_out() -> None:
    assert amounts({"memory": "lots", "cpu": "1"}) == [("cpu", 1)]
