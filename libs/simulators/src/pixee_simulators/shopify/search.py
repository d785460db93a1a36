"""The search syntax of `query:` arguments: `field:value`, comparisons, AND/OR/NOT, parentheses, quotes.

Its trap is kept: a term the platform does not understand (unknown field, unescaped colon in a bare value) is dropped,
and a query of nothing but dropped terms returns everything. Values compare without regard to case.
Docs: shopify.dev "API search syntax".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

Record = TypeVar("Record")
Test = Callable[[Record, str, str], bool]
"""(record, operator, value) -> does it match."""
Find = Callable[[str], set[int]]
"""value -> ids of the records that can match at all."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])
    |(?P<minus>-)?(?P<field>[A-Za-z_][\w.]*):(?P<op><=|>=|<|>)?(?:'(?P<single>(?:\\.|[^'\\])*)'|"(?P<double>(?:\\.|[^"\\])*)"|(?P<bare>(?:\\.|[^\s()\\])*))
    |'(?P<wordsingle>(?:\\.|[^'\\])*)'|"(?P<worddouble>(?:\\.|[^"\\])*)"
    |(?P<word>(?:\\.|[^\s()\\])+))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Term:
    field: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Node", ...]


Node = Term | Not | And | Or


@dataclass(slots=True)
class Fields(Generic[Record]):
    """What can be searched: tests by field name ("" for bare words), and indexes for exact look-ups."""

    tests: dict[str, Test[Record]]
    finds: dict[str, Find]

    def matches(self, node: Node, record: Record) -> bool:
        match node:
            case Term():
                return self.tests[node.field](record, node.operator, node.value)
            case Not():
                return not self.matches(node.part, record)
            case And():
                return all(self.matches(part, record) for part in node.parts)
            case Or():
                return any(self.matches(part, record) for part in node.parts)

    def candidates(self, node: Node) -> set[int] | None:
        """Ids that may match, or None when only a scan can say."""
        match node:
            case Term():
                find = self.finds.get(node.field)
                return None if find is None or node.operator or node.value.endswith("*") else find(node.value)
            case And():
                known = [found for part in node.parts if (found := self.candidates(part)) is not None]
                return set.intersection(*known) if known else None
            case Or():
                all_of = [self.candidates(part) for part in node.parts]
                sure = [found for found in all_of if found is not None]
                return set().union(*sure) if len(sure) == len(all_of) else None
            case Not():
                return None


def parse(query: str | None, known: frozenset[str]) -> Node | None:
    """The tree of the understood terms; None matches everything."""
    return _Parser(_tokens(query or ""), known).everything()


def _tokens(query: str) -> list[re.Match[str]]:
    found, at = [], 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None or match.end() == at:
            break
        found.append(match)
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[re.Match[str]], known: frozenset[str]) -> None:
        self._tokens = tokens
        self._known = known
        self._at = 0

    def everything(self) -> Node | None:
        parts = []
        while self._at < len(self._tokens):
            parts.append(self._any_of())
            if self._at < len(self._tokens) and self._peek() == ")":
                self._at += 1
        return _joined(And, parts)

    def _any_of(self) -> Node | None:
        parts = [self._all_of()]
        while self._peek() == "OR":
            self._at += 1
            parts.append(self._all_of())
        return _joined(Or, parts)

    def _all_of(self) -> Node | None:
        parts = []
        while self._peek() not in {None, "OR", ")"}:
            if self._peek() == "AND":
                self._at += 1
                continue
            parts.append(self._one())
        return _joined(And, parts)

    def _one(self) -> Node | None:
        token = self._tokens[self._at]
        word = self._peek()
        self._at += 1
        if word == "(":
            inner = self._any_of()
            if self._peek() == ")":
                self._at += 1
            return inner
        if word == "NOT" and self._at < len(self._tokens):
            inner = self._one()
            return Not(inner) if inner is not None else None
        return self._term(token)

    def _term(self, token: re.Match[str]) -> Node | None:
        if token["field"] is None:
            raw = token["word"] or token["wordsingle"] or token["worddouble"] or ""
            return Term("", "", _unescaped(raw)) if "" in self._known else None
        name, bare = token["field"].lower(), token["bare"]
        if name not in self._known or (bare is not None and re.search(r"(?<!\\):", bare)):
            return None
        raw = next(value for value in (token["single"], token["double"], bare) if value is not None)
        term = Term(name, token["op"] or "", _unescaped(raw))
        return Not(term) if token["minus"] else term

    def _peek(self) -> str | None:
        if self._at >= len(self._tokens):
            return None
        token = self._tokens[self._at]
        if token["paren"]:
            return str(token["paren"])
        return token["word"] if token["word"] in {"AND", "OR", "NOT"} else ""


def _joined(kind: type[And] | type[Or], parts: list[Node | None]) -> Node | None:
    kept = tuple(part for part in parts if part is not None)
    if not kept:
        return None
    return kept[0] if len(kept) == 1 else kind(kept)


def _unescaped(raw: str) -> str:
    return re.sub(r"\\(.)", r"\1", raw)


def same_text(actual: str | None, value: str) -> bool:
    """Equal without case; a trailing `*` asks for a prefix."""
    text, wanted = (actual or "").lower(), value.lower()
    return text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted


def holds_words(actual: str, value: str) -> bool:
    """The words of `value`, in order, at the beginning of a word of `actual`."""
    wanted = re.escape(value.lower().rstrip("*"))
    ending = "" if value.endswith("*") else r"\b"
    return re.search(rf"(?<!\w){wanted}{ending}", actual.lower()) is not None


def compares(actual: int, operator: str, value: str) -> bool:
    """Numbers: ids and counts."""
    try:
        wanted = int(value)
    except ValueError:
        return False
    return _holds(actual, operator, wanted)


def compares_time(actual: int, operator: str, value: str) -> bool:
    """Dates: ISO 8601, without a zone in UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return False
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return _holds(actual, operator, moment.timestamp())


def _holds(actual: float, operator: str, wanted: float) -> bool:
    match operator:
        case ">=":
            return actual >= wanted
        case "<=":
            return actual <= wanted
        case ">":
            return actual > wanted
        case "<":
            return actual < wanted
        case _:
            return actual == wanted
