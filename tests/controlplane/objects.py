"""Kubernetes objects as tests create them."""

from tests.controlplane.client import Object


def node(name: str, version: str) -> Object:
    """A node of 8 CPUs and 32 GiB, as a kubelet of that version would register it."""
    size = {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "100Gi"}
    facts = {
        "architecture": "amd64",
        "operatingSystem": "linux",
        "osImage": "Simulated Linux",
        "kernelVersion": "6.1.0",
        "containerRuntimeVersion": "kwok://0",
        "kubeletVersion": version,
        "kubeProxyVersion": version,
        "machineID": "",
        "systemUUID": "",
        "bootID": "",
    }
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {
            "capacity": size,
            "allocatable": size,
            "nodeInfo": facts,
            "addresses": [{"type": "Hostname", "address": name}],
        },
    }


def namespace(name: str) -> Object:
    """An empty namespace."""
    return {"metadata": {"name": name}}


def deployment(name: str, replicas: int) -> Object:
    """A Deployment of pods with one small container each."""
    labels = {"app": name}
    container = {
        "name": "app",
        "image": "registry.example/app:1.0",
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
