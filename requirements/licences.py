"""
Prints docs/licences.md: under which licence everything stands that a running exporter needs.

Offline: read from the metadata of what is installed.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageMetadata, metadata
from pathlib import Path

NAME = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
CLASSIFIER = "License :: OSI Approved :: "
TITLE = """# Licences

What a running exporter needs besides Python, with the extras for clouds, and under which licence it
stands. Made by `make generate` from the metadata of the locked versions; a test allows permissive
licences and the MPL alone.

| package | licence |
| --- | --- |
"""


def licence(found: PackageMetadata) -> str:
    """By its expression (PEP 639), else by its classifiers, else by the old free text."""
    if "License-Expression" in found:
        return found["License-Expression"]

    classifiers = found.get_all("Classifier") or []
    named = [one.removeprefix(CLASSIFIER) for one in classifiers if one.startswith(CLASSIFIER)]
    if named:
        return " and ".join(named)

    return found["License"].splitlines()[0] if "License" in found else "unknown"


def main() -> None:
    """Print the page."""
    names = NAME.findall(Path(__file__).with_name("image.txt").read_text())
    rows = [f"| {name} | {licence(metadata(name))} |\n" for name in sorted(names, key=str.lower)]
    sys.stdout.write(TITLE + "".join(rows))


if __name__ == "__main__":
    main()
