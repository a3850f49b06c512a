"""Whoever installs the exporter knows under which licences it runs."""

import re
import subprocess
import sys

from tests.release.archives import ROOT

PERMISSIVE = re.compile(
    r"MIT|MIT-0|MIT License|ISC|BSD-[23]-Clause|BSD License|Apache-2\.0|Apache Software License"
    r"|PSF-2\.0|Python Software Foundation License|MPL-2\.0"
    r"|Mozilla Public License 2\.0 \(MPL 2\.0\)"
)
PAGE = (ROOT / "docs/licences.md").read_text()


def test_the_page_is_what_the_locked_versions_say() -> None:
    command = [sys.executable, "requirements/licences.py"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)

    assert said.stdout == PAGE


def test_nothing_asks_for_more_than_a_notice_but_the_mpl() -> None:
    rows = re.findall(r"^\| (\S+) \| (.+) \|$", PAGE, re.MULTILINE)[2:]
    asking = {
        name: licence
        for name, licence in rows
        if not all(PERMISSIVE.fullmatch(one) for one in re.split(r" (?:AND|OR|and) ", licence))
    }

    assert len(rows) > 20
    assert asking == {}
