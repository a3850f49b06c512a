from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
import yaml

from exporter.discovery.provider import Way
from exporter.discovery.secret import Secret
from exporter.discovery.ways import authority, below, by_kubeconfig, digest_of, named, presenting
from exporter.kubernetes.credentials import UserCredentials
from exporter.kubernetes.errors import KubeconfigError, RefusedByPolicy
from exporter.kubernetes.objects import Metadata
from exporter.kubernetes.server import Server, Tls
from exporter.kubernetes.stored_credential import StoredCredential
from exporter.kubernetes.trust import Allow
from tests.discovery.simulated_hub import TOKEN, kubeconfig

CREDENTIALS = UserCredentials(StoredCredential("Bearer of-the-hub"))
TLS = Tls(server_name="hub")
AS = (("Impersonate-User", "me"),)
HUB = Way(Server("https://hub/prefix", TLS, CREDENTIALS, impersonation=AS), "digest")


def secret(**data: str) -> Secret:
    encoded = {key: b64encode(value.encode()).decode() for key, value in data.items()}
    return Secret(Metadata(name="eu", namespace="fleet"), data=encoded)


def test_a_path_of_the_hub_is_reached_as_the_hub_is() -> None:
    way = below(HUB, "/clusters/eu")

    assert way.server.url == "https://hub/prefix/clusters/eu"
    assert (way.server.tls, way.server.credentials) == (TLS, CREDENTIALS)
    assert way.server.impersonation == AS


def test_clusters_below_a_hub_do_not_share_what_is_learned_about_certificates() -> None:
    assert below(HUB, "/clusters/eu").server.expiries is not HUB.server.expiries


def test_another_path_and_another_hub_are_other_ways() -> None:
    elsewhere = Way(HUB.server, "another")
    ways = (below(HUB, "/eu"), below(HUB, "/us"), below(elsewhere, "/eu"), HUB)

    assert len({way.digest for way in ways}) == len(ways)
    assert below(HUB, "/eu").digest == below(HUB, "/eu").digest


async def test_what_an_object_and_a_secret_say_is_put_together() -> None:
    way = presenting("eu", {"server": "https://eu:6443/"}, {"token": TOKEN}, "cluster eu", Allow())

    assert way.server.url == "https://eu:6443"
    assert (await way.server.credentials.current()).authorization == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "cluster",
    [
        {"server": "https://127.0.0.1"},
        {"server": "http://eu"},
        {"server": "https://eu", "insecure-skip-tls-verify": True},
        {"server": "https://eu", "certificate-authority": "/etc/passwd"},
        {"server": "https://eu", "proxy-url": "http://proxy"},
    ],
)
def test_what_was_found_may_do_what_is_allowed_alone(cluster: dict[str, Any]) -> None:
    with pytest.raises(RefusedByPolicy):
        presenting("eu", cluster, {"token": TOKEN}, "cluster eu", Allow())


def test_a_kubeconfig_in_a_secret_is_followed() -> None:
    found = secret(value=yaml.safe_dump(kubeconfig("https://eu:6443")))

    assert by_kubeconfig(found, "value", Allow()).server.url == "https://eu:6443"


def test_a_secret_that_is_not_there_is_named() -> None:
    found = secret(token=TOKEN)

    assert named({("fleet", "eu"): found}, "fleet", "eu") is found
    with pytest.raises(KubeconfigError, match=r"^secret fleet/us: is not there"):
        named({("fleet", "eu"): found}, "fleet", "us")


def test_an_authority_is_given_as_a_kubeconfig_has_it() -> None:
    assert authority(secret(caBundle="PEM"), "caBundle") == b64encode(b"PEM").decode()
    assert authority(secret(token=TOKEN), "caBundle") == ""


def test_a_digest_depends_on_every_part_and_shows_none() -> None:
    assert len({digest_of("a", "b"), digest_of("ab"), digest_of("a"), digest_of("b", "a")}) == 4
    assert TOKEN not in digest_of(TOKEN)
