"""What a provider reads in its hub is found out from its declaration."""

from __future__ import annotations

from typing import Literal

from exporter.discovery.declared import FromHub
from exporter.discovery.found import HubProvider
from exporter.discovery.hub import Hub
from exporter.discovery.hub_kind import Wanted
from exporter.discovery.provider import Provider
from exporter.discovery.source_health import SourceHealth
from helm.source.permissions import hub


class Chosen(FromHub, frozen=True, kw_only=True, tag="chosen"):
    """Reads Secrets only as `access` says."""

    namespace: str = "chosen-system"
    access: Literal["auto", "proxy"] = "auto"

    def provider(self, health: SourceHealth) -> Provider:
        clusters = Wanted(("example.com/v1", "example.com/v2"), "clusters", object)
        secrets = Wanted(("v1",), "secrets", object, self.namespace)
        wanted = (clusters,) if self.access == "proxy" else (clusters, secrets)
        return HubProvider("chosen", Hub(self.hub, health), wanted, lambda _: ())


class Named(FromHub, frozen=True, kw_only=True, tag="named"):
    """Reads Secrets of one name, if that is said."""

    account: str = ""

    def provider(self, health: SourceHealth) -> Provider:
        clusters = Wanted(("example.com/v1",), "clusters", object)
        selector = f"metadata.name={self.account}"
        secrets = Wanted(("v1",), "secrets", object, field_selector=selector)
        wanted = (clusters, secrets) if self.account else (clusters,)
        return HubProvider("named", Hub(self.hub, health), wanted, lambda _: ())


CLUSTERS = {"group": "example.com", "resource": "clusters", "namespace": ""}
SECRETS = {"group": "", "resource": "secrets"}


def test_a_kind_that_is_read_by_choice_says_with_which() -> None:
    assert hub(Chosen) == {
        "defaults": {"namespace": "chosen-system", "access": "auto"},
        "reads": [CLUSTERS, {**SECRETS, "namespace": "namespace", "when": {"access": ["auto"]}}],
    }


def test_a_kind_of_which_one_name_is_read_says_which_and_when() -> None:
    assert hub(Named) == {
        "defaults": {"account": ""},
        "reads": [CLUSTERS, {**SECRETS, "namespace": "", "name": "account", "if": "account"}],
    }
