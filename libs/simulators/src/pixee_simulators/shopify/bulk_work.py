"""Runs bulk operations that are due: whoever comes first after the moment does the work, as for background productSets."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.executable import Executable, formatted
from pixee_simulators.shopify.pages import WHOLE
from pixee_simulators.shopify.records import Bulk

Line = dict[str, Any]


def settle(context: Context, executable: Executable) -> int:
    """Finish what is due; how many."""
    due = [one for one in context.store.bulks.values() if not one.done and one.done_at <= context.now]
    for bulk in sorted(due, key=lambda one: (one.done_at, one.id)):
        if bulk.variables is None:
            _query(bulk, context, executable)
        else:
            _mutation(bulk, bulk.variables, context, executable)
        bulk.done = True
    return len(due)


def _mutation(bulk: Bulk, variables: str, context: Context, executable: Executable) -> None:
    """Every line on its own; one that fails ends half way, with the partial result of what it has done."""
    given = variables.splitlines()
    if bulk.error is not None:
        given = given[: len(given) // 2]
    inner = replace(context, now=bulk.done_at, scopes=frozenset(bulk.scopes))
    prepared = executable.prepare(bulk.query)
    lines = []
    for number, line in enumerate(given):
        result = executable.run(prepared, orjson.loads(line), inner)
        errors = {"errors": [formatted(error) for error in result.errors]} if result.errors else {}
        lines.append(errors | {"data": result.data, "__lineNumber": number})
    bulk.roots = bulk.objects = len(lines)
    bulk.variables = ""
    bulk.result = "".join(f"{orjson.dumps(line).decode()}\n" for line in reversed(lines))


def _query(bulk: Bulk, context: Context, executable: Executable) -> None:
    inner = replace(context, now=bulk.done_at, scopes=frozenset(bulk.scopes), work=type(context.work)())
    token = WHOLE.set(True)
    try:
        result = executable.run(executable.prepare(bulk.query), {}, inner)
    finally:
        WHOLE.reset(token)
    if result.errors:
        codes = {(one.extensions or {}).get("code") for one in result.errors}
        bulk.error = "ACCESS_DENIED" if "ACCESS_DENIED" in codes else "INTERNAL_SERVER_ERROR"
        return
    groups = [list(_lines(node, None)) for node in _roots(result.data or {})]
    if bulk.error is not None:
        groups = groups[: len(groups) // 2]
    lines = [line for group in groups for line in group]
    if not bulk.grouped:
        lines.sort(key=lambda line: "__parentId" in line)
    bulk.roots, bulk.objects = len(groups), len(lines)
    bulk.result = "".join(f"{orjson.dumps(line).decode()}\n" for line in lines)


def _roots(data: Line) -> Iterator[Line]:
    for value in data.values():
        if isinstance(value, dict) and "edges" in value:
            yield from (edge["node"] for edge in value["edges"])


def _lines(node: Line, parent: str | None) -> Iterator[Line]:
    """The node without its connections, then their nodes."""
    children = [value for value in node.values() if isinstance(value, dict) and "edges" in value]
    line = {name: value for name, value in node.items() if not (isinstance(value, dict) and "edges" in value)}
    yield line if parent is None else line | {"__parentId": parent}
    for child in children:
        for edge in child["edges"]:
            yield from _lines(edge["node"], node["id"])
