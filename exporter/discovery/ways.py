"""The shapes in which managers of clusters keep the way to one, each as a `Way`."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from exporter.discovery.found import way_of
from exporter.discovery.provider import Way
from exporter.discovery.secret import Secret
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.expiry import Expiries
from exporter.kubernetes.kubeconfig import assemble, parse
from exporter.kubernetes.objects import Key
from exporter.kubernetes.trust import Allow


def below(hub: Way, path: str) -> Way:
    """
    What a hub's own server serves below `path`, which begins with a slash, as whom we are there.

    Managers forward such requests to members; nothing of it was found but the path.
    """
    server = replace(hub.server, url=f"{hub.server.url}{path}", expiries=Expiries())
    return Way(server, digest_of(hub.digest, path))


def presenting(
    name: str, cluster: Mapping[str, Any], user: Mapping[str, Any], origin: str, allow: Allow
) -> Way:
    """
    The API server and the user of an object and a Secret, both as fields of a kubeconfig.

    Raises:
        KubeconfigError: a field that cannot be used.
        RefusedByPolicy: a field that asks for what is not allowed.
    """
    return way_of(assemble(name, cluster, user, origin, allow), origin)


def by_kubeconfig(secret: Secret, key: str, allow: Allow) -> Way:
    """
    The kubeconfig that stands under a key of a Secret.

    Raises as `presenting` does.
    """
    return way_of(parse(secret.value(key), secret.origin, allow), secret.origin)


def named(secrets: Mapping[Key, Secret], namespace: str, name: str) -> Secret:
    """
    The Secret that another object names.

    Raises:
        KubeconfigError: there is none.
    """
    secret = secrets.get((namespace, name))
    if secret is None:
        raise KubeconfigError(f"secret {namespace}/{name}: is not there, or may not be read")

    return secret


def authority(secret: Secret, key: str) -> str:
    """
    A certificate authority (PEM) of a Secret as a kubeconfig has it; empty where there is none.

    Raises:
        KubeconfigError: it is not what an API server would send.
    """
    return base64.b64encode(secret.value(key)).decode() if secret.data.get(key) else ""


def digest_of(*parts: str) -> str:
    """Changes whenever one of the parts does, and tells nothing about them."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()
