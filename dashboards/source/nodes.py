"""Nodes of all clusters: which are in trouble, which are full, what they run."""

from dashboards.source import limits
from dashboards.source.words.dashboard import Dashboard, Row
from dashboards.source.words.panel import Bars, Graph, Query, Stat
from dashboards.source.words.table import Column, Table
from dashboards.source.words.threshold import PLAIN
from dashboards.source.words.unit import Unit

NODES = 'group by (cluster, node) (kube_node_info{cluster=~"$cluster"})'

NOT_READY = """
max by (cluster, node) (
  kube_node_status_condition{cluster=~"$cluster", condition="Ready", status="true"}
) == 0
"""

PRESSURE = """
max by (cluster, node, condition) (
  kube_node_status_condition{
    cluster=~"$cluster",
    condition=~"MemoryPressure|DiskPressure|PIDPressure|NetworkUnavailable", status="true"
  }
) == 1
"""

CORDONED = 'max by (cluster, node) (kube_node_spec_unschedulable{cluster=~"$cluster"}) == 1'

LIVING_PODS = """
max by (cluster, namespace, pod) (
  kube_pod_status_phase{cluster=~"$cluster", phase=~"Pending|Running"} == 1
)
"""


def allocatable(resource: str) -> str:
    """What a node offers to pods."""
    selector = f'cluster=~"$cluster", resource="{resource}"'
    return f"max by (cluster, node) (kube_node_status_allocatable{{{selector}}})"


nodes = Stat(
    title="Nodes",
    description="All nodes of the chosen clusters.",
    unit=Unit.NUMBER,
    expression=f"count({NODES})",
    threshold=PLAIN,
)

not_ready = Stat(
    title="Not ready",
    description="Nodes whose Ready condition is not true. Their pods are moved away after five "
    "minutes, if there is room. The table below names them.",
    unit=Unit.WHOLE,
    expression=f"count({NOT_READY}) or vector(0)",
    threshold=limits.NODES_NOT_READY,
    scenario="node-failures",
)

under_pressure = Stat(
    title="Short of something",
    description="Nodes that are short of memory, disk or process numbers, or without network. They "
    "take no new pods and may evict those they have.",
    unit=Unit.WHOLE,
    expression=f"count(group by (cluster, node) ({PRESSURE})) or vector(0)",
    threshold=limits.NODES_UNDER_PRESSURE,
)

cordoned = Stat(
    title="Cordoned",
    description="Nodes that take no new pods because somebody said so. One that stays so for days "
    "was probably forgotten.",
    unit=Unit.WHOLE,
    expression=f"count({CORDONED}) or vector(0)",
    threshold=limits.NODES_CORDONED,
)

in_trouble = Table(
    title="Nodes in trouble",
    description="Nodes that are not ready, short of something, or cordoned: a line for each of "
    "these. Empty is good.",
    labels=("cluster", "node", "condition"),
    sort="Condition",
    descending=False,
    columns=[
        Column(
            title="",
            unit=Unit.WHOLE,
            expression=f"""
                label_replace({NOT_READY}, "condition", "NotReady", "", "")
                or on (cluster, node, condition)
                {PRESSURE}
                or on (cluster, node, condition)
                label_replace({CORDONED}, "condition", "Cordoned", "", "")
            """,
        )
    ],
)

not_ready_over_time = Graph(
    title="Nodes not ready",
    description="In the ten clusters with the most of them. Several at once: a zone, the network, "
    "or the control plane. One after another: an upgrade.",
    unit=Unit.WHOLE,
    series=[
        Query(
            """
            topk(
              10,
              sum by (cluster) (
                max by (cluster, node) (
                  kube_node_status_condition{
                    cluster=~"$cluster", condition="Ready", status!="true"
                  }
                )
              )
            )
            """,
            "{{cluster}}",
        )
    ],
    scenario="node-failures",
)

number = Graph(
    title="Number of nodes",
    description="In the ten clusters with the most of them. Steps are autoscalers or people.",
    unit=Unit.WHOLE,
    series=[Query(f"topk(10, count by (cluster) ({NODES}))", "{{cluster}}")],
)

flapping = Table(
    title="Readiness that changes",
    description="The twenty nodes whose Ready condition changed most often in the chosen range. A "
    "reboot is two changes; more is a node to replace. Empty is good.",
    labels=("cluster", "node"),
    sort="Changes",
    columns=[
        Column(
            title="Changes",
            unit=Unit.WHOLE,
            expression="""
                topk(
                  20,
                  max by (cluster, node) (
                    changes(
                      kube_node_status_condition{
                        cluster=~"$cluster", condition="Ready", status="true"
                      }[$__range]
                    )
                  ) > 0
                )
            """,
        )
    ],
    scenario="node-failures",
)

FULLEST = f"""topk(
  50,
    sum by (cluster, node) (
      max by (cluster, namespace, pod, container, node) (
        kube_pod_container_resource_requests{{cluster=~"$cluster", resource="cpu", node!=""}}
      )
      * on (cluster, namespace, pod) group_left () {LIVING_PODS}
    )
  / on (cluster, node)
    {allocatable("cpu")}
)"""

fullest = Table(
    title="Fullest nodes",
    description="The fifty nodes of whose CPU the largest share is requested, with their memory "
    "and their places for pods. A node is full when any one of the three is.",
    labels=("cluster", "node"),
    sort="CPU requested",
    columns=[
        Column(title="CPU requested", unit=Unit.SHARE, expression=FULLEST),
        Column(
            title="Memory requested",
            unit=Unit.SHARE,
            expression=f"""
                sum by (cluster, node) (
                  max by (cluster, namespace, pod, container, node) (
                    kube_pod_container_resource_requests{{
                      cluster=~"$cluster", resource="memory", node!=""
                    }}
                  )
                  * on (cluster, namespace, pod) group_left () {LIVING_PODS}
                )
                / on (cluster, node) {allocatable("memory")}
                and on (cluster, node) {FULLEST}
            """,
        ),
        Column(
            title="Places taken",
            unit=Unit.SHARE,
            expression=f"""
                count by (cluster, node) (
                  group by (cluster, namespace, pod, node) (
                    kube_pod_info{{cluster=~"$cluster", node!=""}}
                  )
                  * on (cluster, namespace, pod) group_left () {LIVING_PODS}
                )
                / on (cluster, node) {allocatable("pods")}
                and on (cluster, node) {FULLEST}
            """,
        ),
    ],
)


def nodes_by(label: str, title: str, description: str) -> Bars:
    """How many nodes have which value of a label of `kube_node_info`."""
    return Bars(
        title=title,
        description=description,
        unit=Unit.WHOLE,
        series=[
            Query(
                f"""
                topk(
                  20,
                  count by ({label}) (
                    group by (cluster, node, {label}) (kube_node_info{{cluster=~"$cluster"}})
                  )
                )
                """,
                f"{{{{{label}}}}}",
            )
        ],
        threshold=PLAIN,
    )


kubelets = nodes_by(
    "kubelet_version",
    "Kubelets",
    "Nodes by the version of their kubelet. Many versions: upgrades that were not brought to an "
    "end.",
)
runtimes = nodes_by(
    "container_runtime_version",
    "Container runtimes",
    "Nodes by what runs their containers. Look here after a security notice about one of them.",
)
systems = nodes_by(
    "os_image",
    "Operating systems",
    "Nodes by their operating system. Look here before one of them is no longer supported.",
)

dashboard = Dashboard(
    name="nodes",
    title="Nodes",
    description="Nodes of all clusters: which are in trouble, which are full, what they run.",
    rows=[
        Row(
            "Health",
            [
                [nodes, not_ready, under_pressure, cordoned],
                [in_trouble, flapping],
                [not_ready_over_time, number],
            ],
        ),
        Row("Versions", [[kubelets, runtimes, systems]]),
        Row("Saturation", [[fullest]], collapsed=True),
    ],
)
