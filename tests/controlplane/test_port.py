import socket
from pathlib import Path

import pytest

from tests.controlplane import port
from tests.controlplane.port import reserved_port


@pytest.fixture(autouse=True)
def two_ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBE_FLEET_CACHE", str(tmp_path))
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        free = first.getsockname()[1]
        step = 1 if _binds(second, free + 1) else -1
    monkeypatch.setattr(port, "_RANGE", range(min(free, free + step), max(free, free + step) + 1))


def _binds(probe: socket.socket, number: int) -> bool:
    try:
        probe.bind(("127.0.0.1", number))
    except OSError:
        return False
    return True


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
