"""
Which worker reads a cluster: rendezvous hashing (Thaler and Ravishankar, 1998).

Each worker has a weight for each cluster, and the heaviest has it: one worker more takes its part
from all the others, and nothing else moves.
"""

from __future__ import annotations

import hashlib


def owner(cluster: str, workers: int) -> int:
    """The number, from 0, of the worker that reads the cluster; the same in every process."""
    name = cluster.encode("utf-8", "surrogatepass")

    def weight(worker: int) -> bytes:
        return hashlib.blake2b(name, key=str(worker).encode(), digest_size=8).digest()

    return max(range(workers), key=weight)
