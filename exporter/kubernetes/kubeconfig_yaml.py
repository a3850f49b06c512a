"""A kubeconfig's YAML, which anybody may have written: bombs are refused, and nothing quoted."""

from __future__ import annotations

from typing import Any

import yaml

from exporter.kubernetes.errors import KubeconfigError
from exporter.kubernetes.trust import Source

LARGEST_TREE = 1_000_000
"""YAML nodes when every alias is written out; more is a bomb, as 1 MiB of YAML cannot hold it."""

LONGEST_NUMBER = 32
"""Characters. PyYAML needs minutes for `1:1:1:…`, a number to the base of 60, of 1 MiB."""


def yaml_document(source: Source, content: bytes) -> Any:
    """
    What the one document in `content` says; None for an empty one.

    Raises:
        KubeconfigError: one line with the source and, if it is known, the place in it.
    """
    # Not libyaml's loader: deep nesting crashes the interpreter there (PyYAML 6.0.3).
    try:
        loader = yaml.SafeLoader(content)
        try:
            node = loader.get_single_node()
            if node is None:
                return None

            _check_tree(node, {})
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        # Only where: PyYAML's own words quote the file, which holds secrets.
        mark = error.problem_mark or error.context_mark
        where = f": line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise KubeconfigError(f"{source}: is not YAML{where}") from None
    except _TreeError as error:
        raise KubeconfigError(f"{source}: {error}") from None
    except RecursionError:
        raise KubeconfigError(f"{source}: is nested too deeply") from None
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, ArithmeticError):
        # All but the first come from PyYAML's constructors, given `!!int ""` and the like.
        raise KubeconfigError(f"{source}: is not YAML") from None


class _TreeError(Exception):
    """YAML that PyYAML would take and a kubeconfig may not hold."""


def _check_tree(node: yaml.Node, sizes: dict[int, float]) -> float:
    """
    The number of nodes below and including `node`, every alias written out.

    Raises:
        _TreeError: too many; a key twice in one mapping, of which YAML would drop the first; or a
            number that takes long to read.
    """
    if isinstance(node, yaml.ScalarNode):
        node.value.encode()  # YAML can escape half a character, which nothing could carry
        if node.tag == "tag:yaml.org,2002:int" and len(node.value) > LONGEST_NUMBER:
            raise _TreeError(f"{_place(node)}: a number that long; if it is text, quote it")

        return 1

    if id(node) in sizes:
        return sizes[id(node)]

    sizes[id(node)] = float("inf")  # an alias inside of what it stands for finds this
    if isinstance(node, yaml.MappingNode):
        _refuse_repeated_key(node)
        children = [part for pair in node.value for part in pair]
    else:
        children = node.value

    size = 1 + sum(_check_tree(child, sizes) for child in children)
    if size > LARGEST_TREE:
        raise _TreeError("its aliases stand for too much")

    sizes[id(node)] = size
    return size


def _refuse_repeated_key(node: yaml.MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                raise _TreeError(f"{_place(key)}: key given twice")

            seen.add(key.value)


def _place(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}, column {node.start_mark.column + 1}"
