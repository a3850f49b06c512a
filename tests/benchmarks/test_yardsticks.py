"""What pages are measured beside."""

from __future__ import annotations

from benchmarks.yardsticks import gzip_seconds


def test_the_cpu_of_the_gzip_program_grows_with_the_page() -> None:
    line = b'kube_pod_info{cluster="%d",pod="shop-%d"} 1\n'
    page = b"".join(line % (number, number * 7919) for number in range(100_000))

    assert gzip_seconds(page) > gzip_seconds(b"")
