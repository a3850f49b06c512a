"""
Kubernetes quantities (``100m``, ``1Gi``, ``1e3``) as numbers, exactly as a Go client computes them.

Source of the rules: k8s.io/apimachinery, package api/resource, whose Quantity is either an int64
with a power of ten (most texts) or a decimal of any size (many digits, fractions of binary units,
less than nano). The two overflow and round negative numbers differently, so both are kept here:
series must show what kube-state-metrics shows, its overflows included.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

_TEXT = re.compile(
    r"(?P<number>(?P<sign>[+-]?)0*(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?)"
    r"(?P<suffix>[eEinumkKMGTP]*[+-]?[0-9]*)"
)
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)")

_DECIMAL = {
    "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
}  # fmt: skip
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

_NANO = 9
_LARGEST = 2**63 - 1
_LARGEST_IN_MILLI = _LARGEST // 1000
_INT32 = 2**31

_INT64_DIGITS = 18
"""So many decimal digits always fit an int64."""

_SINGLE_STEPS = frozenset({0, 1, 2, 3, 6, 9})
"""Powers of ten that Go multiplies by in one step: a product that overflows is used as it wraps."""

_FAR = 5000
"""
More digits than Python reads from a text. A larger power of ten changes nothing: upwards the low
64 bits are zero, downwards one unit is left. So no exponent in a hostile text costs time.
"""


@dataclass(frozen=True)
class _Scaled:
    """``value * 10**power``, value being an int64."""

    value: int
    power: int

    def in_units_of(self, power: int) -> int:
        """How many times 10**power; away from zero if it does not divide, 0 if it overflows."""
        up = self.power - power
        if up < 0:
            return _divided_away_from_zero(self.value, -up)

        product = self.value * _power_of_ten(up)
        if up in _SINGLE_STEPS:
            return _wrapped(product)

        return product if abs(product) <= _LARGEST else 0


@dataclass(frozen=True)
class _Decimal:
    """``unscaled / 10**places``, unscaled being of any size."""

    unscaled: int
    places: int

    def in_units_of(self, power: int) -> int:
        """How many times 10**power, cut off at the point and one more if anything was cut."""
        down = self.places + power
        if down <= 0:
            return _wrapped(self.unscaled * _power_of_ten(-down))

        number = self.unscaled if self.unscaled >= _LARGEST else _wrapped(self.unscaled)
        magnitude, cut = divmod(abs(number), _power_of_ten(down))
        return _wrapped((magnitude if number >= 0 else -magnitude) + (cut != 0))


def _wrapped(number: int) -> int:
    """The low 64 bits as a signed integer."""
    return (number + 2**63) % 2**64 - 2**63


def _power_of_ten(power: int) -> int:
    return int(10 ** min(power, _FAR))


def _divided_away_from_zero(number: int, power: int) -> int:
    magnitude = -(-abs(number) // _power_of_ten(power))
    return magnitude if number >= 0 else -magnitude


def _parsed(text: str) -> _Scaled | _Decimal:
    match = _TEXT.fullmatch(text)
    if not match or not text:
        raise ValueError(f"{text[:40]!r} is not a quantity such as 100m, 1Gi or 1e3")

    whole, fraction, suffix = match["whole"] or "0", match["fraction"] or "", match["suffix"]
    digits = int(match["sign"] + whole + fraction)
    if suffix in _BINARY:
        bits = _BINARY[suffix]
        if not fraction and len(whole) + bits * 3 // 10 < 15:
            return _Scaled(digits << bits, 0)

        amount = _rounded_to_nano(digits << bits, len(fraction))
        if abs(amount.unscaled) > _LARGEST * 10**_NANO:
            amount = _Decimal(_LARGEST if digits > 0 else -_LARGEST, 0)
    else:
        power = _power(suffix)
        if len(whole + fraction) <= _INT64_DIGITS and power - len(fraction) >= -_NANO:
            return _Scaled(digits, power - len(fraction))

        amount = _rounded_to_nano(digits, len(fraction) - power)

    # Go reads a suffix alone as zero, but only where it reads the digits as an int64.
    if not match["number"].strip("+-."):
        raise ValueError(f"{text[:40]!r} is a quantity without digits")

    return amount


def _power(suffix: str) -> int:
    if suffix in _DECIMAL:
        return _DECIMAL[suffix]

    exponent = _EXPONENT.fullmatch(suffix)
    power = int(exponent[1]) if exponent else _INT32
    if not -_INT32 <= power < _INT32:
        raise ValueError(f"{suffix[:40]!r} is not the suffix of a quantity")

    return power


def _rounded_to_nano(digits: int, places: int) -> _Decimal:
    if places > _NANO:
        return _Decimal(_divided_away_from_zero(digits, places - _NANO), _NANO)

    return _Decimal(digits * _power_of_ten(_NANO - places), _NANO)


@lru_cache(maxsize=8192)
def quantity_value(text: str) -> int:
    """
    Whole units (bytes, devices), rounded up: what Go's ``Quantity.Value`` returns.

    Raises:
        ValueError: the text is not a quantity.
    """
    return _parsed(text).in_units_of(0)


@lru_cache(maxsize=8192)
def quantity_number(text: str) -> int | float:
    """
    Units with thousandths (cores), rounded up, as kube-state-metrics computes them.

    Raises:
        ValueError: the text is not a quantity.
    """
    amount = _parsed(text)
    whole = amount.in_units_of(0)
    if whole > _LARGEST_IN_MILLI:
        return whole

    # Go rounds the thousandths to a float before it divides; Python alone would divide exactly.
    number = float(amount.in_units_of(-3)) / 1000
    return int(number) if number.is_integer() else number


@lru_cache(maxsize=8192)
def quantity_approximation(text: str) -> float:
    """
    Units as a float, of any size: what Go's ``Quantity.AsApproximateFloat64`` returns.

    Raises:
        ValueError: the text is not a quantity.
    """
    amount = _parsed(text)
    if isinstance(amount, _Scaled):
        digits, power = amount.value, amount.power
    else:
        digits, power = amount.unscaled, -amount.places

    try:
        number = float(digits)
    except OverflowError:
        number = math.inf if digits > 0 else -math.inf

    return number if power == 0 else number * _float_power_of_ten(power)


def _float_power_of_ten(power: int) -> float:
    """As Go's ``math.Pow10`` computes it, which above 10**32 is not always the nearest float."""
    if power < 0:
        return 1 / float(f"1e{-power}")

    low = power % 32
    return float(f"1e{power - low}") * float(f"1e{low}")
