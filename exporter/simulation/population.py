"""Fills a cluster with a given number of pods, and a believable number of all else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from exporter.simulation import jobs, nodes, pods, shop, surroundings, templates, workloads
from exporter.simulation.cluster import LEASES, NODES, PODS, SimulatedCluster
from exporter.simulation.event_recorder import SCHEDULER, kubelet
from exporter.simulation.regions import kubelet_version

_PODS_PER_NODE = 25
_SPARE_NODES = 3
"""So that a small cluster, too, could lose its largest node."""

_REPLICAS = (1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 6, 8, 12)
_NO_NODE = "0/{nodes} nodes are available: {nodes} Insufficient cpu. preemption: not eligible."


def populate(
    cluster: SimulatedCluster, number_of_pods: int, at: datetime, *, healthy: bool = False
) -> None:
    """
    Put exactly `number_of_pods` pods, and all that goes with them, into an empty cluster.

    Some of every hundred pods are in trouble, some Jobs have failed and a node is cordoned, as in
    any cluster, unless it shall be `healthy`.
    """
    _Population(cluster, at, healthy=healthy).fill(number_of_pods)


class _Population:
    def __init__(self, cluster: SimulatedCluster, at: datetime, *, healthy: bool) -> None:
        self._cluster = cluster
        self._healthy = healthy
        self._server = cluster.server
        self._chance = cluster.chance
        self._now = at
        self._left = 0
        self._replicas = 0
        self._pods_by_namespace: dict[str, int] = {}

    def fill(self, number_of_pods: int) -> None:
        self._left = number_of_pods
        self._add_namespaces()
        machines = self._add_nodes(number_of_pods // _PODS_PER_NODE + _SPARE_NODES)
        for name, default in (("fast", True), ("cheap", False)):
            stored = surroundings.storage_class(name, self._past(400), default=default)
            self._server.put(surroundings.STORAGE_CLASSES, stored)
        for agent in shop.AGENTS[: number_of_pods // (4 * len(machines))]:
            self._add_agent(agent, machines)
        self._add_tasks(number_of_pods // 25)
        for store in shop.STORES:
            if store.replicas <= self._left // 8:
                self._add_store(store)
        scale = max(1, self._left // 1000)
        for name, team in _services():
            if not self._left:
                break
            wanted = self._chance.choice(_REPLICAS) * scale
            self._add_service(name, team, min(self._left, wanted))
        for namespace, count in self._pods_by_namespace.items():
            quota = surroundings.quota(namespace, count, self._past(300))
            self._server.put(surroundings.QUOTAS, quota)
        self._server.compact()  # the past is of no use, and takes memory

    def _past(self, days: float) -> datetime:
        """A moment up to so many days ago."""
        return self._now - timedelta(seconds=int(self._chance.uniform(0.1, 1.0) * days * 86400))

    def _add_namespaces(self) -> None:
        names = (*shop.SYSTEM_NAMESPACES, *shop.SUPPORT_NAMESPACES, *shop.TEAMS)
        for name in names:
            created = self._past(700)
            self._server.put("namespaces", surroundings.namespace(name, created))

    def _add_nodes(self, count: int) -> list[nodes.Machine]:
        machines = []
        region, chance = self._cluster.region, self._chance
        for index in range(count):
            version = kubelet_version(region, self._server.version, chance)
            machine = nodes.machine(region, self._cluster.name, index, version, chance)
            node = nodes.node(machine, region, self._past(60), self._now)
            if index == 5 and not self._healthy:
                node = nodes.cordoned(node, self._now - timedelta(hours=3))
            elif not machine.pool.taint:
                self._cluster.nodes[machine.name] = machine.address
            self._server.put(NODES, node)
            self._server.put(LEASES, nodes.node_lease(machine.name, self._now))
            machines.append(machine)
        return machines

    def _add_agent(self, agent: shop.Agent, machines: list[nodes.Machine]) -> None:
        template = templates.agent_template(agent)
        given = workloads.daemon_set(agent, template, len(machines), self._past(300))
        owner = workloads.owner_reference(
            workloads.DAEMON_SETS, self._server.put(workloads.DAEMON_SETS, given)
        )
        for machine in machines:
            created = self._past(20)
            name = f"{agent.name}-{pods.suffix(self._chance)}"
            pod = pods.pod(name, agent.namespace, template, owner, created)
            pod = pods.bound(pod, machine.name, machine.address, created)
            self._put_pod(pods.running(pod, machine.address, created))

    def _add_tasks(self, number_of_pods: int) -> None:
        """CronJobs, and as many ended Jobs of theirs as there shall be pods."""
        owners = []
        for task in shop.TASKS[:number_of_pods]:
            template = templates.task_template(task)
            last = self._now - timedelta(minutes=self._chance.randint(5, 55))
            given = jobs.cron_job(task, template, self._past(300), last)
            owners.append(self._server.put(jobs.CRON_JOBS, given))
        for index in range(number_of_pods):
            self._add_run(owners[index % len(owners)], hours_ago=1 + index // len(owners))

    def _add_run(self, owner: dict[str, Any], hours_ago: int) -> None:
        well = self._chance.random() < 0.9 or self._healthy
        started = self._now - timedelta(hours=hours_ago)
        ended = started + timedelta(seconds=self._chance.randint(8, 900))
        name = f"{owner['metadata']['name']}-{int(started.timestamp()) // 60}"
        job = jobs.job(owner, name, started, ended, well=well)
        stored = self._server.put(jobs.JOBS, job)
        reference = workloads.owner_reference(jobs.JOBS, stored)
        template = job["spec"]["template"]
        namespace = owner["metadata"]["namespace"]
        pod_name = f"{name}-{pods.suffix(self._chance)}"
        pod = pods.pod(pod_name, namespace, template, reference, started)
        pod = pods.bound(pod, *self._cluster.choose_node(), started)
        self._put_pod(pods.finished(pod, started, ended, well=well))

    def _add_store(self, store: shop.Store) -> None:
        created = self._past(300)
        template = templates.store_template(store)
        stored = self._server.put(
            workloads.STATEFUL_SETS, workloads.stateful_set(store, template, created)
        )
        owner = workloads.owner_reference(workloads.STATEFUL_SETS, stored)
        service = surroundings.service(store.name, store.namespace, store.port, "None", created)
        self._server.put(surroundings.SERVICES, service)
        for ordinal in range(store.replicas):
            name = f"{store.name}-{ordinal}"
            self._add_claim(f"data-{name}", store, created)
            own = templates.with_claim(template, f"data-{name}")
            born = self._past(30)
            self._add_running(pods.pod(name, store.namespace, own, owner, born), born)

    def _add_claim(self, name: str, store: shop.Store, created: datetime) -> None:
        volume_name = f"pvc-{self._chance.getrandbits(48):012x}"
        claim = surroundings.claim(name, store.namespace, store.volume, volume_name, created)
        stored = self._server.put(surroundings.CLAIMS, claim)
        volume = surroundings.volume(volume_name, stored, store.volume, created)
        self._server.put(surroundings.VOLUMES, volume)

    def _add_service(self, name: str, team: str, replicas: int) -> None:
        """A Deployment with its ReplicaSets and pods, and what a service of the shop needs."""
        chance = self._chance
        created = self._past(200)
        template = templates.service_template(
            name,
            team,
            _tag(chance.randint(2, 40), chance.randint(0, 9)),
            chance.choice(shop.SIZES),
            sidecar=chance.random() < 0.3,
            migrates=chance.random() < 0.2,
        )
        revision = chance.randint(1, 3)
        deployment = workloads.deployment(name, team, template, replicas, revision, created)
        deployment = self._server.put(workloads.DEPLOYMENTS, deployment)
        for earlier in range(1, revision):
            self._add_past_revision(deployment, earlier, created)
        replica_set = workloads.replica_set(deployment, replicas, created)
        replica_set = self._server.put(workloads.REPLICA_SETS, replica_set)
        owner = workloads.owner_reference(workloads.REPLICA_SETS, replica_set)
        pod_template = replica_set["spec"]["template"]
        ready = 0
        for _ in range(replicas):
            pod_name = f"{replica_set['metadata']['name']}-{pods.suffix(chance)}"
            born = self._past(9)
            ready += self._add_replica(pods.pod(pod_name, team, pod_template, owner, born), born)
        self._server.put(
            workloads.REPLICA_SETS, workloads.replica_set_scaled(replica_set, replicas, ready)
        )
        status = {"replicas": replicas, "updated": replicas, "ready": ready}
        deployment = workloads.deployment_status(deployment, **status, at=created)
        self._server.put(workloads.DEPLOYMENTS, deployment)
        self._add_surroundings(name, team, replicas, created)

    def _add_past_revision(
        self, deployment: dict[str, Any], revision: int, created: datetime
    ) -> None:
        """The ReplicaSet of an earlier version, without pods."""
        template = templates.with_tag(deployment["spec"]["template"], _tag(1, revision))
        annotations = {workloads.REVISION: str(revision)}
        before = {
            **deployment,
            "metadata": {**deployment["metadata"], "annotations": annotations},
            "spec": {**deployment["spec"], "template": template},
        }
        self._server.put(workloads.REPLICA_SETS, workloads.replica_set(before, 0, created))

    def _add_surroundings(self, name: str, team: str, replicas: int, created: datetime) -> None:
        put, chance = self._server.put, self._chance
        address = f"10.96.{chance.randint(0, 255)}.{chance.randint(1, 254)}"
        put(surroundings.SERVICES, surroundings.service(name, team, 80, address, created))
        put(surroundings.CONFIG_MAPS, surroundings.config_map(name, team, created))
        put(surroundings.SECRETS, surroundings.secret(name, team, created))
        if team == "storefront" or chance.random() < 0.1:
            put(surroundings.INGRESSES, surroundings.ingress(name, team, created))
        if replicas > 2:
            put(surroundings.AUTOSCALERS, surroundings.autoscaler(name, team, replicas, created))
            put(surroundings.BUDGETS, surroundings.budget(name, team, replicas, created))

    def _put_pod(self, pod: dict[str, Any]) -> dict[str, Any]:
        namespace = pod["metadata"]["namespace"]
        self._left -= 1
        self._pods_by_namespace[namespace] = self._pods_by_namespace.get(namespace, 0) + 1
        return self._server.put(PODS, pod)

    def _add_replica(self, pod: dict[str, Any], created: datetime) -> bool:
        """A pod of a service; of every hundred some are in trouble. Whether it is Ready."""
        self._replicas += 1
        match 0 if self._healthy else self._replicas % 120:
            case 17 | 77:
                self._add_crash_looping(pod, created)
            case 31:
                self._add_pending(pod)
            case 53:
                self._add_without_image(pod, created)
            case 89:
                self._add_evicted(pod, created)
            case _:
                self._add_running(pod, created)
                return True
        return False

    def _add_running(self, pod: dict[str, Any], created: datetime) -> None:
        """A pod that runs; some were restarted, some of these because memory ran out."""
        running = self._started(pod, created)
        if self._chance.random() < 0.08:
            restarts = self._chance.randint(1, 5)
            running = pods.restarted(running, *self._failure(), self._since(created), restarts)
        self._put_pod(running)

    def _add_crash_looping(self, pod: dict[str, Any], created: datetime) -> None:
        failure, restarts = self._failure(), self._chance.randint(5, 400)
        last = self._now - timedelta(seconds=self._chance.randint(10, 280))
        running = pods.restarted(self._started(pod, created), *failure, last, restarts)
        stored = self._put_pod(pods.crash_looping(running, *failure, last))
        metadata = stored["metadata"]
        self._cluster.crash_looping.append((metadata["namespace"], metadata["name"]))

    def _add_pending(self, pod: dict[str, Any]) -> None:
        message = _NO_NODE.format(nodes=len(self._cluster.nodes))
        stored = self._put_pod(pods.unschedulable(pod, message, self._now))
        for minutes in (10, 5, 0):
            self._cluster.events.record(
                SCHEDULER,
                PODS,
                stored,
                "Warning",
                "FailedScheduling",
                message,
                self._now - timedelta(minutes=minutes),
            )

    def _add_without_image(self, pod: dict[str, Any], created: datetime) -> None:
        node, address = self._cluster.choose_node()
        stored = self._put_pod(pods.image_missing(pods.bound(pod, node, address, created), created))
        message = f'Back-off pulling image "{pod["spec"]["containers"][0]["image"]}"'
        self._cluster.events.record(
            kubelet(node), PODS, stored, "Warning", "BackOff", message, self._now
        )

    def _add_evicted(self, pod: dict[str, Any], created: datetime) -> None:
        bound = pods.bound(pod, *self._cluster.choose_node(), created)
        self._put_pod(pods.evicted(bound, pods.LOW_ON_MEMORY, self._since(created)))

    def _started(self, pod: dict[str, Any], created: datetime) -> dict[str, Any]:
        bound = pods.bound(pod, *self._cluster.choose_node(), created)
        address = pods.pod_address(self._chance)
        return pods.running(bound, address, created + timedelta(seconds=8))

    def _failure(self) -> tuple[str, int]:
        """Why a container ended: reason and exit code."""
        return ("OOMKilled", 137) if self._chance.random() < 0.3 else ("Error", 1)

    def _since(self, created: datetime) -> datetime:
        """A moment between then and now."""
        return created + (self._now - created) * self._chance.random()


def _services() -> Iterator[tuple[str, str]]:
    """Name and team of every Deployment in order: one of each service, then variants of it."""
    for number in itertools.count():
        for variant in shop.VARIANTS:
            for team, names in shop.TEAMS.items():
                for name in names:
                    yield f"{name}{variant}{number or ''}", team


def _tag(major: int, minor: int) -> str:
    return f"{major}.{minor}.0"
