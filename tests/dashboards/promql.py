"""What a PromQL expression reads, and which labels its result has."""

from collections.abc import Callable, Iterable, Iterator

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    LabelModifierType,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorMatchCardinality,
    VectorSelector,
)

Labels = frozenset[str]
Series = Callable[[str], Labels]
"""The labels that the series of a name have."""

KEEPING_LABELS = ("topk", "bottomk", "limitk", "limit_ratio")
CALLED_WITHOUT_SERIES = ("vector", "time", "scalar", "absent")


class UnknownLabel(Exception):
    """An expression names a label that the series have not."""


def children(node: Expr) -> list[Expr]:
    """The expressions that a node is made from."""
    match node:
        case AggregateExpr():
            return [node.expr, *([node.param] if node.param is not None else [])]

        case BinaryExpr():
            return [node.lhs, node.rhs]

        case Call():
            return list(node.args)

        case ParenExpr() | SubqueryExpr() | UnaryExpr():
            return [node.expr]

        case MatrixSelector():
            return [node.vector_selector]

        case _:
            return []


def nodes(node: Expr) -> Iterator[Expr]:
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from nodes(child)


def selectors(node: Expr) -> list[VectorSelector]:
    """Everything that is read."""
    return [one for one in nodes(node) if isinstance(one, VectorSelector)]


def matchers(selector: VectorSelector) -> dict[str, str]:
    """The values that labels are compared with, by label."""
    return {matcher.name: matcher.value for matcher in selector.matchers.matchers}


def numbers(node: Expr) -> set[float]:
    """The numbers that stand in an expression; what can be computed at once is."""
    value = constant(node)
    if value is not None:
        return {value}

    return {number for child in children(node) for number in numbers(child)}


def constant(node: Expr) -> float | None:
    """What `14 * 86400` is; None for what depends on series."""
    match node:
        case NumberLiteral():
            return node.val

        case ParenExpr():
            return constant(node.expr)

        case BinaryExpr() if str(node.op) == "*":
            factors = constant(node.lhs), constant(node.rhs)
            return None if None in factors else (factors[0] or 0) * (factors[1] or 0)

        case _:
            return None


def labels_of(node: Expr, series: Series) -> Labels:
    """
    The labels that every series of the result has.

    Raises UnknownLabel where a label is matched, grouped by or joined on that is not there; and
    what `series` raises.
    """
    match node:
        case VectorSelector():
            labels = series(node.name or "")
            _all_in(matchers(node), labels, f"{node.name} has no")
            return labels

        case MatrixSelector():
            return labels_of(node.vector_selector, series)

        case AggregateExpr():
            return _labels_of_aggregate(node, series)

        case BinaryExpr():
            return _labels_of_operator(node, series)

        case Call():
            return _labels_of_call(node, series)

        case _:
            inner = [labels_of(child, series) for child in children(node)]
            return inner[0] if inner else frozenset()


def _labels_of_aggregate(node: AggregateExpr, series: Series) -> Labels:
    inner = labels_of(node.expr, series)
    modifier = node.modifier
    grouped = frozenset(modifier.labels if modifier else ())
    if modifier and modifier.type == AggModifierType.Without:
        grouped = inner - grouped
    else:
        _all_in(grouped, inner, f"{node.op} by")

    if str(node.op) in KEEPING_LABELS:
        return inner

    added = [node.param.val] if isinstance(node.param, StringLiteral) else []
    return grouped.union(added)


def _labels_of_operator(node: BinaryExpr, series: Series) -> Labels:
    left, right = labels_of(node.lhs, series), labels_of(node.rhs, series)
    if is_scalar(node.lhs) or is_scalar(node.rhs):
        return left | right

    modifier = node.modifier
    matching = modifier.matching if modifier else None
    named = frozenset(matching.labels if matching else ())
    on = matching is not None and matching.type == LabelModifierType.Include
    if on:
        _all_in(named, left, f"left of {node.op} on")
        _all_in(named, right, f"right of {node.op} on")

    match str(node.op):
        case "and" | "unless":
            return left

        case "or":
            return left & right

    added = frozenset((modifier.group_labels if modifier else None) or ())
    match modifier and modifier.card:
        case VectorMatchCardinality.ManyToOne:
            _all_in(added, right, f"{node.op} group_left")
            return left | added

        case VectorMatchCardinality.OneToMany:
            _all_in(added, left, f"{node.op} group_right")
            return right | added

        case _:
            return named if on else left & right


def _labels_of_call(node: Call, series: Series) -> Labels:
    inner = frozenset(label for argument in node.args for label in labels_of(argument, series))
    match node.func.name:
        case "label_replace":
            target, source = node.args[1].val, node.args[3].val
            _all_in({source} - {""}, inner, "label_replace from")
            return inner | {target}

        case "histogram_quantile":
            _all_in({"le"}, inner, "histogram_quantile of")
            return inner - {"le"}

        case name if name in CALLED_WITHOUT_SERIES:
            return frozenset()

        case _:
            return inner


def is_scalar(node: Expr) -> bool:
    """Whether it is a plain number and not series."""
    match node:
        case NumberLiteral():
            return True

        case ParenExpr() | UnaryExpr():
            return is_scalar(node.expr)

        case BinaryExpr():
            return is_scalar(node.lhs) and is_scalar(node.rhs)

        case Call():
            return node.func.name in ("time", "scalar")

        case _:
            return False


def guards(node: Expr) -> Iterator[Expr]:
    """What stands on the right of `and` and `unless`, which chooses series and adds none."""
    for one in nodes(node):
        if isinstance(one, BinaryExpr) and str(one.op) in ("and", "unless"):
            yield one.rhs


def counted_twice(node: Expr, is_raw: Callable[[str], bool]) -> list[str]:
    """
    The names of raw series that are added up, counted or shown without `max by` or the like
    before: scraped by two jobs, or on two pages, they would count twice.
    """
    adding = [
        one.expr
        for one in nodes(node)
        if isinstance(one, AggregateExpr) and str(one.op) in ("sum", "count", "avg")
    ]
    return sorted({name for one in (node, *adding) for name in _raw(one, is_raw)})


def _raw(node: Expr, is_raw: Callable[[str], bool]) -> Iterator[str]:
    match node:
        case VectorSelector():
            if is_raw(node.name or ""):
                yield node.name or ""

        case AggregateExpr():
            if str(node.op) in KEEPING_LABELS:
                yield from _raw(node.expr, is_raw)

        case BinaryExpr() if str(node.op) in ("and", "unless"):
            yield from _raw(node.lhs, is_raw)

        case _:
            for child in children(node):
                yield from _raw(child, is_raw)


def _all_in(wanted: Iterable[str], labels: Labels, where: str) -> None:
    missing = set(wanted) - labels
    if missing:
        raise UnknownLabel(f"{where} {', '.join(sorted(missing))}; there is {sorted(labels)}")
