import re

import pytest

from dashboards.source import DASHBOARDS, files
from dashboards.source.words.dashboard import Dashboard


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.name)
def test_the_file_is_what_the_source_says(dashboard: Dashboard) -> None:
    """`make generate` writes it."""
    assert files.path(dashboard).read_text() == files.text(dashboard)


def test_there_is_no_other_file() -> None:
    kept = {path.name for path in files.FOLDER.glob("*.json")}

    assert kept == {files.path(dashboard).name for dashboard in DASHBOARDS}


def test_the_page_about_them_lists_each() -> None:
    page = (files.FOLDER.parent / "docs/dashboards.md").read_text()
    listed = re.findall(r"^\| (.+?) \| `(.+?)` \|", page, re.MULTILINE)

    assert listed == [(dashboard.title, dashboard.uid) for dashboard in DASHBOARDS]
