"""A cluster that is written out, field by field, in the settings or in a JSON document."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from msgspec import Struct

from exporter.discovery.found import way_of
from exporter.discovery.provider import Way
from exporter.kubernetes.clouds.cloud import Aks, Cloud, Eks, Gke, missing_library
from exporter.kubernetes.clouds.token import CloudToken
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import KubeconfigError, RefusedByPolicy
from exporter.kubernetes.kubeconfig import assemble
from exporter.kubernetes.trust import Allow


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    A cluster's name, and how it is reached. The fields of the way there are a kubeconfig's, in
    snake case, and mean the same, but for `eks`, `gke` and `aks`, which say what token to get.
    `uid` is that of the kube-system namespace that is expected.
    """

    name: str
    server: str = ""
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    proxy_url: str = ""
    token_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    eks: Eks | None = None
    gke: Gke | None = None
    aks: Aks | None = None
    uid: str = ""
    labels: dict[str, str] = {}
    maintenance: bool = False
    virtual: bool = False
    hibernated: bool = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def way(self, origin: str, allow: Allow) -> Way:
        """
        The way there, as far as it is allowed for what stands at `origin`.

        Raises:
            KubeconfigError: a field that cannot be used.
            RefusedByPolicy: a field that asks for what is not allowed.
        """
        cluster = {
            "server": self.server,
            "certificate-authority": self.certificate_authority,
            "certificate-authority-data": self.certificate_authority_data,
            "tls-server-name": self.tls_server_name,
            "insecure-skip-tls-verify": self.insecure_skip_tls_verify,
            "proxy-url": self.proxy_url,
        }
        kubeconfig = assemble(self.name, cluster, self.user(), origin, allow)
        way, cloud = way_of(kubeconfig, origin), self._cloud(origin, allow)
        if cloud is None:
            return way

        credentials = UserCredentials(CloudToken(cloud))
        digest = hashlib.sha256(repr((way.digest, cloud)).encode()).hexdigest()
        return Way(replace(way.server, credentials=credentials), digest)

    def user(self) -> dict[str, str]:
        """The fields of a kubeconfig's user."""
        return {
            "tokenFile": self.token_file,
            "client-certificate": self.client_certificate,
            "client-key": self.client_key,
        }

    def clouds(self) -> list[Cloud]:
        """Those that tokens are wanted of; more than one cannot be presented."""
        return [cloud for cloud in (self.eks, self.gke, self.aks) if cloud is not None]

    def _cloud(self, origin: str, allow: Allow) -> Cloud | None:
        """Raises as `way`."""
        clouds = self.clouds()
        if not clouds:
            return None

        cloud = clouds[0]
        if len(clouds) > 1 or any(self.user().values()):
            raise KubeconfigError(
                f"{origin}: {cloud.name}: there is a credential besides; remove either"
            )

        if cloud.name not in allow.native:
            raise RefusedByPolicy(
                f"{origin}: {cloud.name}: getting a token of ours is refused;"
                f" allow.native: [{cloud.name}] permits it"
            )

        if (missing := missing_library(cloud)) is not None:
            raise KubeconfigError(f"{origin}: {missing}")

        return cloud
