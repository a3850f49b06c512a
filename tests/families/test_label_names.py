"""Kubernetes keys as label names. The expected names were read off kube-state-metrics v2.20."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.families.label_names import label_name, label_pairs


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("app", "app"),
        ("app.kubernetes.io/partOf", "app_kubernetes_io_part_of"),
        ("foo.Bar", "foo_bar"),
        ("camel.Case", "camel_case"),
        ("camelCase", "camel_case"),
        ("XMLHttpRequest", "xmlhttp_request"),
        ("aB1C", "a_b1_c"),
        ("a.b/E.f-G_h", "a_b_e_f_g_h"),
        ("9starts-with-digit", "9starts_with_digit"),
        ("UPPER", "upper"),
        ("na\u00efve", "na_ve"),
        ("", ""),
    ],
)
def test_a_key_becomes_snake_case(key: str, name: str) -> None:
    assert label_name(key) == name


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (["foo-bar", "foo.bar"], ["l_foo_bar_conflict1", "l_foo_bar_conflict2"]),
        (
            ["camel-case", "camel.Case", "camelCase"],
            ["l_camel_case_conflict1", "l_camel_case_conflict2", "l_camel_case_conflict3"],
        ),
        (
            ["foo-bar", "foo.bar", "foo_bar_conflict1"],
            [
                "l_foo_bar_conflict1_conflict1",
                "l_foo_bar_conflict2",
                "l_foo_bar_conflict1_conflict2",
            ],
        ),
        (
            ["Foo-bar-conflict1", "foo-bar", "foo.bar"],
            ["l_foo_bar_conflict1", "l_foo_bar_conflict2", "l_foo_bar_conflict3"],
        ),
    ],
)
def test_keys_that_meet_are_numbered_in_the_order_of_their_bytes(
    keys: list[str], names: list[str]
) -> None:
    values = {key: f"value of {key}" for key in reversed(keys)}

    assert label_pairs("l_", values) == [
        (name, f"value of {key}") for key, name in zip(keys, names, strict=True)
    ]


pieces = st.lists(
    st.sampled_from(
        ["foo", "Foo", "-", ".", "_", "/", "bar", "Bar", "_conflict1", "_conflict2", "-conflict1"]
    ),
    min_size=1,
    max_size=5,
)
keys = pieces.map("".join) | st.text(max_size=6)


@given(st.dictionaries(keys, st.text(max_size=3), max_size=12))
def test_no_two_keys_ever_have_one_name(values: dict[str, str]) -> None:
    pairs = label_pairs("label_", values)
    names = [name for name, _ in pairs]

    assert len(set(names)) == len(values)
    assert sorted(value for _, value in pairs) == sorted(values.values())
    assert all(re.fullmatch(r"label_[a-z0-9_]*", name) for name in names)
