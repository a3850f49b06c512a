"""A service account's token, and what it may do besides what every account may."""

from __future__ import annotations

from dataclasses import dataclass

from tests.controlplane.client import ApiClient, Object
from tests.controlplane.cluster import Cluster

Permission = tuple[str, str, str, str]
"""Group, resource, name and verb; a name that is empty stands for all."""


@dataclass(frozen=True)
class Account:
    """A service account of a cluster."""

    cluster: Cluster
    namespace: str
    name: str

    async def token(self) -> str:
        """A token as a kubelet asks for it."""
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{self.name}/token"
        made = await self.cluster.api.create(path, {"spec": {"expirationSeconds": 3600}})
        token: str = made["status"]["token"]
        return token

    async def may(self, namespace: str) -> set[Permission]:
        """All that a SelfSubjectRulesReview lists for the namespace; it includes the cluster's."""
        client = ApiClient(self.cluster.url, await self.token(), self.cluster.ca_pem)
        try:
            path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
            review = await client.create(path, {"spec": {"namespace": namespace}})
        finally:
            await client.close()

        status = review["status"]
        assert not status["incomplete"], status
        return {permission for rule in status["resourceRules"] for permission in _of_rule(rule)} | {
            ("", path, "", verb)
            for rule in status["nonResourceRules"]
            for path in rule["nonResourceURLs"]
            for verb in rule["verbs"]
        }


def _of_rule(rule: Object) -> set[Permission]:
    return {
        (group, resource, name, verb)
        for group in rule.get("apiGroups", [""])
        for resource in rule.get("resources", [])
        for name in rule.get("resourceNames") or [""]
        for verb in rule["verbs"]
    }


async def more_than_any(account: Account, namespace: str) -> set[Permission]:
    """What an account may do in a namespace that a new one, which nothing is bound to, may not."""
    anybody = Account(account.cluster, "default", "anybody")
    path = "/api/v1/namespaces/default/serviceaccounts"
    await account.cluster.api.create(path, {"metadata": {"name": anybody.name}})
    try:
        return await account.may(namespace) - await anybody.may(namespace)
    finally:
        await account.cluster.api.delete(f"{path}/{anybody.name}")
