"""The kind itself; its families are declared in the modules beside this one."""

from __future__ import annotations

from exporter.families.kind import Kind
from exporter.kinds.pod.object import Pod

pods = Kind(Pod, "v1", "pods", singular="pod", identity=("namespace", "pod", "uid"))
