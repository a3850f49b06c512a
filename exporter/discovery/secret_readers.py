"""
The access providers of ClusterProfiles that only read Secrets, done without their commands.

What they do: https://github.com/kubernetes-sigs/cluster-inventory-api, plugins/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from exporter.discovery.provider import Way
from exporter.discovery.secret import Secret
from exporter.discovery.ways import digest_of, named, presenting
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig import parse
from exporter.kubernetes.objects import Key
from exporter.kubernetes.trust import Allow

CONFIGURATION = "client.authentication.k8s.io/exec"
"""The extension of a cluster that says to an access provider which credentials are meant."""

TOKENS = "secretreader"
KUBECONFIGS = "kubeconfig-secretreader"


def extensions(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """The extensions of a kubeconfig's cluster by name; what has none is left out."""
    given = cluster.get("extensions")
    listed = given if isinstance(given, list) else []
    pairs = [(one.get("name"), one.get("extension")) for one in listed if isinstance(one, dict)]
    return {name: extension for name, extension in pairs if isinstance(name, str)}


@dataclass(frozen=True)
class SecretReader:
    """The Secrets of one profile's access provider; those without a namespace are in ours."""

    cluster: Mapping[str, Any]
    secrets: Mapping[Key, Secret]
    namespace: str
    origin: str
    allow: Allow

    def used(self) -> tuple[Secret | None, ...]:
        """The Secrets that either access provider would read."""
        given = self._configuration()
        place = (given.get("namespace", self.namespace), given.get("name", ""))
        token = (self.namespace, given.get("clusterName", ""))
        return self.secrets.get(place), self.secrets.get(token)

    def by_token(self) -> Way:
        """
        `secretreader`: the token of the Secret that is named as the cluster.

        Raises:
            KubernetesError: there is none, or it may not be used so.
        """
        name = self._configured("clusterName")
        token = named(self.secrets, self.namespace, name).text("token")
        return presenting(name, self.cluster, {"token": token}, self.origin, self.allow)

    def by_kubeconfig(self) -> Way:
        """
        `kubeconfig-secretreader`: the user of a kubeconfig, and not its cluster.

        Raises as `by_token` does.
        """
        name, key = self._configured("name"), self._configured("key")
        given = self._configuration()
        secret = named(self.secrets, given.get("namespace", self.namespace), name)
        # Its cluster is not used, so it may be anything.
        allow = replace(self.allow, local_addresses=True, insecure_tls=True, proxy=True)
        kubeconfig = parse(secret.value(key), secret.origin, allow)
        context = given.get("context") or kubeconfig.current_context or ""
        user = kubeconfig.server(context)
        way = presenting(name, self.cluster, {}, self.origin, self.allow)
        server = replace(way.server, credentials=user.credentials, impersonation=user.impersonation)
        return Way(server, digest_of(way.digest, kubeconfig.digest(context)))

    def _configured(self, name: str) -> str:
        value = self._configuration().get(name)
        if not value:
            raise KubeconfigError(f"{self.origin}: extension {CONFIGURATION}: {name}: is missing")

        return value

    def _configuration(self) -> dict[str, str]:
        given = extensions(self.cluster).get(CONFIGURATION)
        texts = given if isinstance(given, dict) else {}
        return {name: text for name, text in texts.items() if isinstance(text, str) and text}
