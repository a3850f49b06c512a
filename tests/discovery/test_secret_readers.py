from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.discovery.secret import Secret
from exporter.discovery.secret_readers import CONFIGURATION, SecretReader, extensions
from exporter.kubernetes.errors import KubernetesError
from exporter.kubernetes.objects import Metadata
from exporter.kubernetes.trust import Allow

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def reader(extension: Any, *secrets: Secret) -> SecretReader:
    cluster = {
        "server": "https://eu",
        "extensions": [{"name": CONFIGURATION, "extension": extension}],
    }
    kept = {(one.metadata.namespace, one.metadata.name): one for one in secrets}
    return SecretReader(cluster, kept, "ours", "clusterprofile fleet/eu", Allow())


def secret(namespace: str, name: str) -> Secret:
    return Secret(Metadata(name=name, namespace=namespace))


def test_extensions_are_known_by_their_names() -> None:
    listed = [{"name": "a", "extension": 1}, {"extension": 2}, "b", {"name": "c"}]

    assert extensions({"extensions": listed}) == {"a": 1, "c": None}
    assert extensions({"extensions": None}) == extensions({}) == {}


def test_it_knows_which_secrets_it_would_read() -> None:
    kubeconfig, token, other = secret("ours", "k"), secret("ours", "t"), secret("theirs", "k")
    secrets = (kubeconfig, token, other)

    assert reader({"name": "k", "clusterName": "t"}, *secrets).used() == (kubeconfig, token)
    assert reader({"name": "k", "namespace": "theirs"}, *secrets).used() == (other, None)
    assert reader(None, *secrets).used() == (None, None)


@given(JSON)
def test_whatever_a_profile_says_it_is_used_or_refused(extension: object) -> None:
    one = reader(extension, secret("ours", "x"))
    one.used()
    for way in (one.by_token, one.by_kubeconfig):
        with pytest.raises(KubernetesError):
            way()
