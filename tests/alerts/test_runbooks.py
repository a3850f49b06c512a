"""Every alert has a runbook that says what to do, with commands and queries that work."""

import re

from tests.alerts.promql import Reading, Series
from tests.alerts.rules import ALERTS, alerts, known

RUNBOOKS = ALERTS / "runbooks"
INDEX = RUNBOOKS / "README.md"
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]

WITHOUT_A_CLUSTER = "kubectl config "
"""Reads a file and asks no cluster."""

PAGES = sorted(set(RUNBOOKS.glob("*.md")) - {INDEX})


def test_there_is_one_for_each_alert_and_none_besides() -> None:
    assert {page.stem for page in PAGES} == {alert.name for alert in alerts()}


def test_a_runbook_has_the_four_headings_and_something_below_each() -> None:
    for page in PAGES:
        title, *sections = re.split(r"^## ", page.read_text(), flags=re.MULTILINE)

        assert title.strip() == f"# {page.stem}"
        assert [section.partition("\n")[0] for section in sections] == HEADINGS, page.name
        assert all(len(section.partition("\n")[2].split()) > 4 for section in sections), page.name


def test_a_diagnosis_has_a_query_and_a_command() -> None:
    for page in PAGES:
        diagnosis = page.read_text().partition("## Diagnosis")[2].partition("## Mitigation")[0]

        assert blocks(diagnosis, "promql"), page.name
        assert "kubectl" in "".join(blocks(diagnosis, "sh")), page.name


def test_a_query_reads_what_exists() -> None:
    faults = {
        (page.name, query): found
        for page in PAGES
        for query in blocks(page.read_text(), "promql")
        if (found := Reading(query, queried(), fleet=True).faults)
    }

    assert faults == {}


def queried() -> dict[str, Series]:
    """For a person who looks, a counter as it stands is no fault."""
    return {
        name: Series(one.labels, scraped=one.scraped, values=one.values)
        for name, one in known().items()
    }


def test_a_command_says_which_cluster() -> None:
    for page in PAGES:
        for line in "".join(blocks(page.read_text(), "sh")).splitlines():
            for command in re.findall(r"\bkubectl [^|]*", line):
                assert "--context " in command or command.startswith(WITHOUT_A_CLUSTER), line


def blocks(text: str, language: str) -> list[str]:
    """What stands in the fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_another_runbook_or_alert_that_it_names_exists() -> None:
    names = {alert.name for alert in alerts()}
    for page in PAGES:
        assert set(re.findall(r"\bFleet[A-Z]\w+", page.read_text())) <= names, page.name


def test_the_index_lists_each_alert_with_its_severities() -> None:
    listed = re.findall(
        r"^\| \[(\w+)\]\((\w+)\.md\) \| ([\w, ]+) \|", INDEX.read_text(), re.MULTILINE
    )
    severities: dict[str, list[str]] = {}
    for alert in alerts():
        severities.setdefault(alert.name, []).append(alert.labels["severity"])

    assert {name: listing.split(", ") for name, _, listing in listed} == severities
    assert all(name == page for name, page, _ in listed)
