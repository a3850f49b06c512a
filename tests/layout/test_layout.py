"""The rules of the house, each with its reason. An exception has a reason as well."""

import ast
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "exporter"

LONGEST_MODULE = 330
"""Lines. A longer module has more than one subject, and hides where to change something."""

LONGEST_FUNCTION = 45
"""Lines. A longer function cannot be seen at once."""

LONG_MODULES: dict[str, str] = {}

LONG_FUNCTIONS = {
    "simulation/api_server.py __init__": "the switches of a simulated server, each explained",
    "simulation/workloads.py stateful_set": "one Kubernetes document",
}

SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "base", "core", "manager"}
"""Names that tell nobody what is inside, so that anything ends up there."""

WITHOUT_OWN_TEST = {
    "kinds/pod/kind.py": "one declaration; what is declared on it is tested beside it",
    "kinds/pod/object.py": "structs without behaviour; every test of tests/kinds/pod decodes them",
    "kubernetes/errors.py": "exceptions without behaviour; test_connection.py raises each",
    "simulation/answer.py": "the value that tests/simulation/test_answering.py looks at",
    "simulation/jobs.py": "documents; tests/simulation/test_population.py serves them",
    "simulation/kinds.py": "a table; tests/simulation/test_discovery.py serves it",
    "simulation/managed_fields.py": "a document; tests/simulation/test_pods.py makes pods of it",
    "simulation/shop.py": "names and numbers; tests/simulation/test_population.py uses them",
    "simulation/surroundings.py": "documents; tests/simulation/test_population.py serves them",
    "simulation/templates.py": "documents; tests/simulation/test_population.py serves them",
    "telemetry.py": "tests/web/test_server.py reads its page, tests/test_catalogue.py its names",
}


def modules(*folders: str) -> Iterator[Path]:
    """All Python files below the folders of the repository that exist."""
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def in_package(path: Path) -> str:
    """``kubernetes/follow.py``"""
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_module_is_long() -> None:
    long = {
        in_package(path)
        for path in modules("exporter")
        if len(path.read_text().splitlines()) > LONGEST_MODULE
    }

    assert long == set(LONG_MODULES)


def test_no_function_is_long() -> None:
    long = {
        f"{in_package(path)} {function.name}"
        for path in modules("exporter")
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    }

    assert long == set(LONG_FUNCTIONS)


def test_every_name_says_what_is_inside() -> None:
    folders = ("exporter", "tests", "benchmarks", "docs")
    parts = {
        part: path
        for path in modules(*folders)
        for name in path.relative_to(ROOT).with_suffix("").parts
        for part in name.split("_")
    }

    assert {part: path for part, path in parts.items() if part in SAY_NOTHING} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path for path in modules("exporter", "benchmarks") if not ast.get_docstring(tree(path))
    ]

    assert silent == []


def test_every_module_has_its_test_at_the_same_path() -> None:
    """So that whoever changes a module knows where its behaviour is stated."""
    without = {
        in_package(path)
        for path in modules("exporter")
        if path.name not in ("__init__.py", "__main__.py") and not mirrored(path).exists()
    }

    assert without == set(WITHOUT_OWN_TEST)


def mirrored(path: Path) -> Path:
    relative = path.relative_to(PACKAGE)
    return ROOT / "tests" / relative.parent / f"test_{relative.name}"


def test_every_test_module_tests_something() -> None:
    """A file that is collected and holds no test looks like one that passes."""
    empty = [
        path
        for path in modules("tests")
        if path.name.startswith("test_") and not re.search(r"\btest_|TestCase", path.read_text())
    ]

    assert empty == []


def test_no_test_module_imports_another_one() -> None:
    """What tests share has a name that says what it is; a test can be changed or go alone."""
    importing = [
        f"{path}:{node.lineno}: {node.module}"
        for path in modules("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        for name in (node.module or "", *(f"{node.module}.{one.name}" for one in node.names))
        if re.fullmatch(r"tests(\.\w+)*\.test_\w+", name)
    ]

    assert importing == []


def test_all_imports_stand_at_the_top() -> None:
    """An import inside a function hides a dependency, and perhaps a cycle."""
    hidden = [
        f"{path}: {function.name}"
        for path in modules("exporter", "tests", "benchmarks", "dashboards")
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def test_nothing_is_a_parameter_for_the_sake_of_tests() -> None:
    """What only tests need to choose is not a choice; they replace a constant instead."""
    found = [
        f"{path}: {function.name}({argument.arg})"
        for path in modules("exporter")
        for function in functions(path)
        for argument in (
            *function.args.posonlyargs,
            *function.args.args,
            *function.args.kwonlyargs,
        )
        if re.search(r"(^|_)(test|tests|testing|mock|fake)(_|$)", argument.arg)
    ]

    assert found == []


SUPPRESSION = re.compile(r"#\s*(noqa|type: ignore)\b(?P<rest>.*)")
EXPLAINED = re.compile(r"(: [A-Z]+\d+(, ?[A-Z]+\d+)*|\[[a-z-]+(, ?[a-z-]+)*\])[\s#(-]+\w.*")
"""Which rule, and then why."""


def test_whoever_silences_a_check_says_which_and_why() -> None:
    unexplained = [
        f"{path}:{token.start[0]}: {token.string}"
        for path in modules("exporter", "tests", "benchmarks", "dashboards")
        for token in comments(path)
        if (match := SUPPRESSION.search(token.string)) and not EXPLAINED.match(match["rest"])
    ]

    assert unexplained == []


def comments(path: Path) -> Iterator[tokenize.TokenInfo]:
    with path.open("rb") as file:
        yield from (
            token for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT
        )
