"""Requests to /federate, and what is on the pages that answer them."""

from urllib.parse import urlencode

from prometheus_client.parser import text_string_to_metric_families as parse_text

Series = tuple[str, frozenset[tuple[str, str]]]
"""Name and labels."""


def path(*selectors: str) -> str:
    return "/federate?" + urlencode([("match[]", selector) for selector in selectors])


def series_of(page: str) -> list[Series]:
    return [
        (sample.name, frozenset((name, value) for name, value in sample.labels.items() if value))
        for family in parse_text(page)
        for sample in family.samples
    ]
