import random
import socket
from pathlib import Path

import pytest

from tests.controlplane import port
from tests.controlplane.port import _is_free, reserved_port


@pytest.fixture(autouse=True)
def two_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two free ports of the range that no outgoing connection takes meanwhile."""
    monkeypatch.setenv("KUBE_FLEET_CACHE", str(tmp_path))
    first = next(
        number
        for number in random.sample(port._RANGE[:-1], len(port._RANGE) - 1)
        if _is_free(number) and _is_free(number + 1)
    )
    monkeypatch.setattr(port, "_RANGE", range(first, first + 2))


def test_a_reserved_port_is_not_given_out_again_until_it_is_released() -> None:
    with reserved_port() as first:
        with reserved_port() as second:
            assert first != second
            with pytest.raises(OSError, match="no free port"), reserved_port():
                pass
        with reserved_port() as again:
            assert again == second


def test_a_port_that_somebody_listens_on_is_passed_over() -> None:
    with reserved_port() as first:
        pass
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", first))
        listening.listen()
        with reserved_port() as other:
            assert other != first
