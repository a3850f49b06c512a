"""The rights that the pages about sources give the exporter in a hub."""

import re
from pathlib import Path
from typing import Any

import yaml

PAGES = Path(__file__).parents[2] / "docs/sources"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


def roles(page: str) -> list[dict[str, Any]]:
    """The roles that a page of docs/sources gives the exporter in the hub."""
    text = (PAGES / f"{page}.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    documents = [one for block in blocks for one in yaml.safe_load_all(block)]
    found = [one for one in documents if one.get("kind") in ("Role", "ClusterRole")]
    assert found, f"{page}.md has no roles"
    return found
