"""Cursor pagination: a cursor names the last seen record, so a page stays right while records come and go."""

import base64
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from graphql import GraphQLError

PAGE_MAX = 250
WHOLE: ContextVar[bool] = ContextVar("whole", default=False)
"""Set while a bulk query runs: every connection is then one page of everything."""
Record = TypeVar("Record")
Key = tuple[Any, int]


@dataclass(slots=True)
class Sorted(Generic[Record]):
    """Records in ascending order of their keys (value, id)."""

    keys: list[Key]
    records: list[Record]


@dataclass(slots=True)
class Page(Generic[Record]):
    """One page of a connection."""

    nodes: list[Record]
    keys: list[Key]
    has_next: bool
    has_previous: bool


def sort(records: Sequence[Record], key: Callable[[Record], Key]) -> Sorted[Record]:
    ordered = sorted(((key(record), record) for record in records), key=lambda pair: pair[0])
    return Sorted([pair[0] for pair in ordered], [pair[1] for pair in ordered])


def bad_argument(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "INVALID_FIELD_ARGUMENTS"})


def page(listing: Sorted[Record], arguments: dict[str, Any], *, deepest: int | None = None) -> Page[Record]:
    """The page that first/last, after/before and reverse ask for. Raises GraphQLError for sizes the platform refuses
    and beyond `deepest` records.
    """
    if WHOLE.get():
        step = -1 if arguments.get("reverse") else 1
        return Page(listing.records[::step], listing.keys[::step], has_next=False, has_previous=False)
    size = _size(arguments)
    forward = arguments.get("first") is not None
    reverse = bool(arguments.get("reverse"))
    low, high = 0, len(listing.keys)
    after, before = arguments.get("after"), arguments.get("before")
    if reverse:
        after, before = before, after
    if after is not None:
        low = bisect_right(listing.keys, _decoded(after))
    if before is not None:
        high = bisect_left(listing.keys, _decoded(before))
    from_start = forward != reverse
    start, stop = (low, min(high, low + size)) if from_start else (max(low, high - size), high)
    seen = len(listing.keys) - start if reverse else stop
    if deepest is not None and seen > deepest:
        raise GraphQLError(f"Pagination is limited to {deepest} objects.", extensions={"code": "BAD_REQUEST"})
    earlier, later = start > 0, stop < len(listing.keys)
    nodes, keys = listing.records[start:stop], listing.keys[start:stop]
    if reverse:
        return Page(nodes[::-1], keys[::-1], has_next=earlier, has_previous=later)
    return Page(nodes, keys, has_next=later, has_previous=earlier)


def cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"last_id": key[1], "last_value": key[0]})).decode()


def _decoded(text: str) -> Key:
    try:
        kept = orjson.loads(base64.urlsafe_b64decode(text))
        return (kept["last_value"], int(kept["last_id"]))
    except (ValueError, KeyError, TypeError) as error:
        raise bad_argument(f"Invalid cursor: {text}") from error


def _size(arguments: dict[str, Any]) -> int:
    first, last = arguments.get("first"), arguments.get("last")
    if (first is None) == (last is None):
        raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
    size = int(first if first is not None else last or 0)
    name = "first" if first is not None else "last"
    if size < 0 or size > PAGE_MAX:
        raise bad_argument(f"{name} must be between 0 and {PAGE_MAX}, {size} given")
    return size
