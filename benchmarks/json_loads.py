"""
A process that measures the least a program does which reads pods untyped: `json.loads`.

Imports nothing of the exporter: the garbage collector is on, and looks through what is imported.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence

PAGE = 500
DEADLINE = 60.0
"""Seconds for a page to come."""


def main() -> None:
    """Measure the API server that the argument names, and print what came out."""
    bodies = list(_pages(sys.argv[1]))
    lines = [line for body in bodies for line in _lines(body)]
    measured = {
        "pods": len(lines),
        "pages_bytes": sum(map(len, bodies)),
        "pages_cpu": _cpu(bodies),
        "lines_cpu": _cpu(lines),
    }
    print(json.dumps(measured))


def _pages(url: str) -> Iterator[bytes]:
    more = ""
    while True:
        query = urllib.parse.urlencode({"limit": PAGE, **({"continue": more} if more else {})})
        with urllib.request.urlopen(f"{url}/api/v1/pods?{query}", timeout=DEADLINE) as answer:  # noqa: S310  our own simulation
            body: bytes = answer.read()

        yield body
        more = json.loads(body)["metadata"].get("continue", "")
        if not more:
            return


def _lines(body: bytes) -> Iterator[bytes]:
    """The pods of a page as a watch would bring them."""
    for item in json.loads(body)["items"]:
        pod = {"kind": "Pod", "apiVersion": "v1", **item}
        yield json.dumps({"type": "MODIFIED", "object": pod}, separators=(",", ":")).encode()


def _cpu(texts: Sequence[bytes]) -> float:
    began = time.process_time()
    for text in texts:
        json.loads(text)

    return time.process_time() - began


if __name__ == "__main__":
    main()
