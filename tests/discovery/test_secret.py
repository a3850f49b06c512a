from base64 import b64encode

import pytest

from exporter.discovery.secret import Secret
from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.objects import Metadata


def secret(**data: bytes) -> Secret:
    encoded = {key: b64encode(value).decode() for key, value in data.items()}
    return Secret(Metadata(name="eu-1", namespace="fleet"), data=encoded)


def test_a_value_is_what_the_secret_holds() -> None:
    assert secret(key=b"\x00\xff").value("key") == b"\x00\xff"
    assert secret(key=b" text\n").text("key") == "text"


def test_what_is_not_there_or_empty_is_said_by_name() -> None:
    for one in (secret(), secret(kubeconfig=b"")):
        with pytest.raises(KubeconfigError, match="secret fleet/eu-1: has nothing under 'kubeconf"):
            one.value("kubeconfig")


def test_what_is_no_text_or_no_base64_is_said_without_quoting_it() -> None:
    with pytest.raises(KubeconfigError, match=r"^secret fleet/eu-1: key: is not UTF-8$"):
        secret(key=b"hunter2\xff").text("key")

    broken = Secret(Metadata(name="eu-1", namespace="fleet"), data={"key": "aHVudGVyMg==!"})
    with pytest.raises(KubeconfigError, match=r"^secret fleet/eu-1: key: is not base64$"):
        broken.value("key")


def test_a_secret_is_shown_without_its_values() -> None:
    shown = repr(secret(key=b"hunter2"))

    assert shown == "Secret(secret fleet/eu-1)"
