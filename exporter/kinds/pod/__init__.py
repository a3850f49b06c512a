"""Pods: the one kind too large for a file. Importing the package declares all its families."""

from exporter.kinds.pod import (  # noqa: F401  (imported for the families they declare)
    containers,
    init_containers,
    lifecycle,
    resources,
    scheduling,
    volumes,
)
from exporter.kinds.pod.kind import pods as pods
from exporter.kinds.pod.object import Pod as Pod
