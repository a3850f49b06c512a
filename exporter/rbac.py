"""The least that a member cluster has to allow, as manifests, from the same declarations."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import yaml

from exporter.fleet.plan import EVENTS, Plan

NAME = "kube-fleet-exporter"
IDENTITY = {
    "apiGroups": [""],
    "resources": ["namespaces"],
    "resourceNames": ["kube-system"],
    "verbs": ["get"],
}
"""To tell a cluster from another one behind the same address."""
DEFINITIONS = ("apiextensions.k8s.io", "customresourcedefinitions")
"""Where custom resources are shown: group and plural."""
_SECRETS = ("", "secrets")
_WHY_SECRETS = """\
# Needed only for kube_secret_*. Kubernetes cannot allow the metadata of Secrets alone: whoever may
# list them may read them. The exporter asks for their metadata only. To do without this role, leave
# secrets out of collect.resources.
"""


def manifests(plan: Plan) -> str:
    """ServiceAccount, ClusterRoles and ClusterRoleBindings for what `plan` reads; YAML."""
    wanted = {group_and_plural(kind.api_version, kind.resource) for kind in plan.kinds}
    if plan.events:
        wanted |= {group_and_plural(*place) for place in EVENTS}

    if plan.custom_resources is not None:
        wanted.add(DEFINITIONS)
        wanted |= {
            (entry.group, entry.plural or guessed_plural(entry.kind))
            for entry in plan.custom_resources.entries
        }

    polled = {
        group_and_plural(kind.api_version, kind.resource)
        for kind in plan.kinds
        if kind.resource in plan.polling.resources
    }
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": NAME, "namespace": NAME},
    }
    documents = [_yaml(account), *_role(NAME, [*_rules(wanted - {_SECRETS}, polled), IDENTITY])]
    if _SECRETS in wanted:
        role, binding = _role(f"{NAME}-secrets", _rules({_SECRETS}, polled))
        documents += [_WHY_SECRETS + role, binding]

    return "---\n".join(documents)


def guessed_plural(kind: str) -> str:
    """What Kubernetes itself guesses (apimachinery, UnsafeGuessKindToResource); ``*`` stays."""
    name = kind.lower()
    if name == "*":
        return name

    if name.endswith("s"):
        return f"{name}es"

    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _rules(wanted: set[tuple[str, str]], polled: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """What is polled is never watched."""
    plurals = defaultdict(list)
    for one in sorted(wanted):
        group, plural = one
        verbs = ("list",) if one in polled else ("list", "watch")
        plurals[group, verbs].append(plural)

    return [
        {"apiGroups": [group], "resources": resources, "verbs": [*verbs]}
        for (group, verbs), resources in plurals.items()
    ]


def _role(name: str, rules: list[dict[str, Any]]) -> tuple[str, str]:
    """A ClusterRole and its binding to the service account."""
    api_version = "rbac.authorization.k8s.io/v1"
    role = {
        "apiVersion": api_version,
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": rules,
    }
    binding = {
        "apiVersion": api_version,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAME}],
    }
    return _yaml(role), _yaml(binding)


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False)


def group_and_plural(api_version: str, plural: str) -> tuple[str, str]:
    """As a rule names what is at ``/apis/<api_version>/<plural>``."""
    return (api_version.partition("/")[0] if "/" in api_version else "", plural)
