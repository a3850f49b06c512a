import os
import re
from pathlib import Path

import pytest

from exporter.kubernetes.files import LARGEST_FILE, read_file


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * LARGEST_FILE)

    assert read_file(file) == b"x" * LARGEST_FILE


def test_a_file_larger_than_1_mib_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * (LARGEST_FILE + 1))

    with pytest.raises(OSError, match="Larger than 1 MiB"):
        read_file(file)


def test_a_pipe_without_a_writer_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="Not a regular file"):
        read_file(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/dev/zero", "Not a regular file"),
        ("/", "Not a regular file"),
        ("/missing", "No such file or directory"),
        ("/nul\0byte", "Not a path"),
    ],
)
def test_what_is_no_file_has_a_reason(path: str, why: str) -> None:
    with pytest.raises(OSError, match=re.escape(why)) as caught:
        read_file(Path(path))

    assert caught.value.strerror == why


def test_refused_files_are_closed(tmp_path: Path) -> None:
    before = open_descriptors()
    for _ in range(10):
        with pytest.raises(OSError, match="Not a regular file"):
            read_file(tmp_path)

    assert open_descriptors() == before
