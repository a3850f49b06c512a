"""Units, by the identifiers that Grafana knows them by."""

from enum import StrEnum


class Unit(StrEnum):
    """https://github.com/grafana/grafana, packages/grafana-data/src/valueFormats/categories.ts"""

    NUMBER = "short"
    """12 990 becomes 13.0 K."""
    WHOLE = "none"
    """As it is: minor versions, counts of few things."""
    SHARE = "percentunit"
    """1 is everything."""
    BYTES = "bytes"
    BYTES_PER_SECOND = "Bps"
    SECONDS = "s"
    PER_SECOND = "cps"
    REQUESTS_PER_SECOND = "reqps"
    MOMENT = "dateTimeAsIso"
    """Milliseconds since 1970."""
