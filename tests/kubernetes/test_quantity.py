"""
Quantities as numbers. The answers in the tables are those of k8s.io/apimachinery v0.36.3:
``Quantity.Value()``, and the float that kube-state-metrics makes of a quantity.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.kubernetes.quantity import quantity_approximation, quantity_number, quantity_value

SUFFIXES = {
    "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1),
    "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12),
    "P": Fraction(10**15), "E": Fraction(10**18), "Ki": Fraction(2**10), "Mi": Fraction(2**20),
    "Gi": Fraction(2**30), "Ti": Fraction(2**40), "Pi": Fraction(2**50), "Ei": Fraction(2**60),
    "e0": Fraction(1), "e3": Fraction(1000), "E3": Fraction(1000), "e+2": Fraction(100),
    "e-2": Fraction(1, 100), "E-12": Fraction(1, 10**12),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value", "number"),
    [
        ("0", 0, 0),
        ("1", 1, 1),
        ("+5", 5, 5),
        ("-0", 0, 0),
        ("000123", 123, 123),
        ("5.", 5, 5),
        (".5", 1, 0.5),
        ("1.G", 10**9, 1e9),
        ("100m", 1, 0.1),
        ("1500m", 2, 1.5),
        ("0.1Gi", 107374183, 1.073741824e8),
        ("1.5Gi", 1610612736, 1.610612736e9),
        ("1e3", 1000, 1000),
        ("1E3", 1000, 1000),
        ("1e-3", 1, 0.001),
        ("1Pi", 2**50, 1.125899906842624e15),
        ("7Ei", 8070450532247928832, 8.070450532247929e18),
    ],
)
def test_a_quantity_is_rounded_up_to_whole_units_or_to_thousandths(
    text: str, value: int, number: float
) -> None:
    assert quantity_value(text) == value
    assert quantity_number(text) == number


@pytest.mark.parametrize("text", ["100n", "3u", "0.9n", "1e-12", "0.0000000001Ki"])
def test_less_than_a_thousandth_is_one(text: str) -> None:
    assert quantity_value(text) == 1
    assert quantity_number(text) == 0.001


def test_thousandths_are_rounded_up_however_many_digits_there_are() -> None:
    assert quantity_number("1.0000000000000000001") == 1.001


@pytest.mark.parametrize(
    ("text", "value", "number"),
    [
        ("-1500m", -2, -1.5),
        ("-0.5Ki", -512, -512),
        ("-100000000000000000", -(10**17), -7.766279631452242e15),
        ("-8Ei", -(2**63 - 1), 1),
        ("-1n", -1, -0.001),
        ("-0.1Ki", -101, -102.4),
        ("-0.0000000001", 1, 0.001),
        ("-1234567890123456789.5", -7888470988, -7888470989.183),
    ],
)
def test_negative_quantities_are_what_go_makes_of_them(
    text: str, value: int, number: float
) -> None:
    assert quantity_value(text) == value
    assert quantity_number(text) == number


@pytest.mark.parametrize(
    ("text", "value", "number"),
    [
        ("8E", 8 * 10**18, 8e18),
        ("9223372036854775807", 2**63 - 1, 9.223372036854776e18),
        ("9223372036854775", 9223372036854775, 9.223372036854774e15),
        ("9223372036854776", 9223372036854776, 9.223372036854776e15),
        ("12E", 0, 0),
        ("10E", 0, 0),
        ("1e19", 0, 0),
        ("18446744073709551616", 0, 0),
        ("12000000000G", -6446744073709551616, 0),
        ("123456789012345678901234567890", -4362896299872285998, 8.982045596877735e15),
    ],
)
def test_what_does_not_fit_64_bits_is_what_go_makes_of_it(
    text: str, value: int, number: float
) -> None:
    assert quantity_value(text) == value
    assert float(quantity_number(text)) == number


@pytest.mark.parametrize("text", ["8Ei", "16Ei", "100000Pi"])
def test_binary_quantities_end_at_the_largest_integer(text: str) -> None:
    assert quantity_value(text) == 2**63 - 1


@pytest.mark.parametrize("text", [".", "+", "-", "Ki", "m", "e3", "0e-12"])
def test_nothing_before_a_small_suffix_is_zero_as_in_go(text: str) -> None:
    assert quantity_value(text) == 0
    assert quantity_number(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "", " 1", "1 ", "1\n", "1K", "1ki", "1i", "1e", "1e+", "1mm", "1.2.3", "0x10", "1_000",
        "\u0663", "Ei", "Pi", ".Ei", "e-12", "1e99999999999",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        quantity_value(text)

    with pytest.raises(ValueError, match="quantity"):
        quantity_number(text)


@pytest.mark.parametrize(
    ("text", "value"), [("1e2000000000", 0), ("1e-2000000000", 1), ("0e2000000000", 0)]
)
def test_an_absurd_exponent_costs_no_time(text: str, value: int) -> None:
    assert quantity_value(text) == value


@given(
    whole=st.integers(min_value=0, max_value=10**20),
    fraction=st.one_of(st.just(""), st.from_regex(r"\.[0-9]{1,12}", fullmatch=True)),
    suffix=st.sampled_from(sorted(SUFFIXES)),
)
def test_what_fits_64_bits_is_exact_arithmetic_rounded_up(
    whole: int, fraction: str, suffix: str
) -> None:
    exact = (whole + Fraction(f"0{fraction}")) * SUFFIXES[suffix]
    if exact * 1000 >= 2**63:
        whole, fraction, exact = 1, "", SUFFIXES[suffix]

    text = f"{whole}{fraction}{suffix}"

    assert quantity_value(text) == ceil(exact)
    if exact * 1000 < 2**63:
        assert quantity_number(text) == float(ceil(exact * 1000)) / 1000


@given(st.text(alphabet="0123456789.+-eEinumkKMGTP", max_size=12))
def test_any_text_is_a_number_or_a_value_error(text: str) -> None:
    try:
        value, number = quantity_value(text), quantity_number(text)
    except ValueError:
        return

    assert -(2**63) <= value < 2**63
    assert -(2**63) <= number <= 2**63


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("250m", 0.25),
        ("-1500m", -1.5),
        ("5Gi", 5368709120),
        ("0.1Gi", 107374182.4),
        ("100n", 1.0000000000000001e-07),
        ("12E", 1.2e19),
        ("123456789012345678901234567890", 1.234567890123457e29),
        ("8E", 8e18),
        ("1e50", 1e50),
        ("1e400", float("inf")),
        ("-1e2000000000", float("-inf")),
        ("1e-2000000000", 1e-9),
    ],
)
def test_an_approximation_does_not_overflow(text: str, number: float) -> None:
    assert quantity_approximation(text) == number


@given(st.integers(-7, 7), st.sampled_from(sorted(SUFFIXES)))
def test_an_approximation_is_a_few_roundings_from_the_quantity(whole: int, suffix: str) -> None:
    exact = Fraction(whole * SUFFIXES[suffix])
    nano = Fraction(1, 10**9)  # Go has nothing smaller

    error = abs(Fraction(quantity_approximation(f"{whole}{suffix}")) - exact)

    assert error <= abs(exact) * Fraction(3, 2**53) + nano
