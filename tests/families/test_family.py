"""Declaring families."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from exporter.families.family import Families, Family, Rows


def declared(declare: Callable[[Families[object]], object]) -> Family[object]:
    families: Families[object] = Families()
    declare(families)
    (family,) = families.families
    return family


def test_the_functions_name_is_the_metrics_and_its_docstring_the_help() -> None:
    families: Families[int] = Families()

    @families.number()
    def kube_thing_size(thing: int) -> int:
        """
        How large it is,
        in bytes.
        """
        return thing

    (family,) = families.families

    assert (family.name, family.help, family.type) == (
        "kube_thing_size",
        "How large it is, in bytes.",
        "gauge",
    )
    assert kube_thing_size(7) == 7


def test_only_the_help_of_a_stable_family_says_so() -> None:
    def size(thing: object) -> int:
        """How large it is."""
        return 1

    assert declared(lambda it: it.number(stability="stable")(size)).shown_help == (
        "[STABLE] How large it is."
    )
    assert declared(lambda it: it.number()(size)).shown_help == "How large it is."


def test_each_shape_has_its_type() -> None:
    def rows(thing: object) -> Rows:
        """Rows."""
        return ()

    assert declared(lambda it: it.rows("a", counter=True)(rows)).type == "counter"
    assert declared(lambda it: it.rows("a")(rows)).type == "gauge"
    assert declared(lambda it: it.rows("a", optional=("b",))(rows)).labels == ("a", "b")
    assert declared(lambda it: it.histogram("a")(rows)).type == "histogram"
    assert declared(lambda it: it.states("a", ("x",))(rows)).labels == ("a",)
    assert declared(lambda it: it.mapping("a_", opt_in=True)(rows)).opt_in


def named(name: str, help_: str | None = "Help.") -> Callable[[object], Any]:
    def family(thing: object) -> Any:
        return None

    family.__name__ = name
    family.__doc__ = help_
    return family


@pytest.mark.parametrize(
    ("declare", "complaint"),
    [
        (lambda it: it.number()(named("kube_x", None)), "kube_x: a family needs a docstring"),
        (lambda it: it.number()(named("kubeX")), "'kubeX' is not a name in snake case"),
        (lambda it: it.rows("Pod")(named("kube_x")), "kube_x: 'Pod' is not a name in snake case"),
        (lambda it: it.rows("a", "b", "a")(named("kube_x")), "kube_x: a label is named twice"),
        (lambda it: it.rows("a", optional=("a",))(named("kube_x")), "a label is named twice"),
    ],
)
def test_a_declaration_that_cannot_be_right_is_refused_at_once(
    declare: Callable[[Families[object]], object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        declare(Families())


def test_no_name_is_declared_twice() -> None:
    families: Families[object] = Families()
    families.number()(named("kube_x"))

    with pytest.raises(ValueError, match="kube_x is declared twice"):
        families.rows("a")(named("kube_x"))
