"""A stream of bytes as lines: a watch is one JSON document a line."""

from __future__ import annotations

from exporter.kubernetes.errors import Malformed

LONGEST_LINE = 16 * 1024 * 1024
"""etcd keeps objects up to 1.5 MB; as JSON one is at most a few times that."""


class Lines:
    """
    Cuts chunks of any size into lines.

    aiohttp's own ``readline`` gives up at 4 MB and hands out the last, unfinished line as if it
    were whole; this one keeps it back, so that `pending` tells a stream that was cut off.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.pending = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """
        The lines that `chunk` completes, without their newline; blank ones left out.

        Raises:
            Malformed: a line that does not end within `LONGEST_LINE` bytes.
        """
        *whole, rest = chunk.split(b"\n")
        lines = []
        if whole:
            lines = [b"".join((*self._parts, whole[0])), *whole[1:]]
            self._parts = []
            self.pending = 0

        if rest:
            self._parts.append(rest)
            self.pending += len(rest)
            if self.pending > LONGEST_LINE:
                raise Malformed(f"a line of more than {LONGEST_LINE} bytes")

        return [line for line in lines if line.strip()]
