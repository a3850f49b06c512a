"""A cluster that is written out, field by field, in the settings or in a JSON document."""

from __future__ import annotations

from msgspec import Struct

from exporter.discovery.found import way_of
from exporter.discovery.provider import Way
from exporter.kubernetes.kubeconfig import assemble
from exporter.kubernetes.trust import Allow


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """
    A cluster's name, and how it is reached. The fields of the way there are a kubeconfig's, in
    snake case, and mean the same; `uid` is that of the kube-system namespace that is expected.
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
        return way_of(kubeconfig, origin)

    def user(self) -> dict[str, str]:
        """The fields of a kubeconfig's user."""
        return {
            "tokenFile": self.token_file,
            "client-certificate": self.client_certificate,
            "client-key": self.client_key,
        }
