"""YAML that somebody wrote to harm us; test_kubeconfig_file.py has what is merely wrong."""

from __future__ import annotations

import pytest

from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.kubeconfig_yaml import yaml_document
from exporter.kubernetes.trust import Allow, Found

SOURCE = Found("secret fleet/eu-1", Allow())


@pytest.mark.parametrize("number", ["1" + ":59" * 300_000, "9" * 1000, "0x" + "f" * 500_000])
@pytest.mark.parametrize("text", ["a:\n- {}", "{}: a", "a: !!int {}"])
def test_a_number_that_takes_minutes_to_read_is_refused(text: str, number: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        yaml_document(SOURCE, text.format(number).encode())

    assert str(caught.value).startswith("secret fleet/eu-1: ")
    assert len(str(caught.value)) < 100


def test_a_number_is_told_from_text() -> None:
    long = "1" * 100
    document = yaml_document(SOURCE, f'a: "{long}"\nb: 12:30\nc: {"1" * 32}'.encode())

    assert document == {"a": long, "b": 750, "c": int("1" * 32)}


def test_what_was_found_is_named_in_a_problem() -> None:
    with pytest.raises(KubeconfigError) as caught:
        yaml_document(SOURCE, b"token: [hunter2")

    assert str(caught.value) == "secret fleet/eu-1: is not YAML: line 1, column 16"
