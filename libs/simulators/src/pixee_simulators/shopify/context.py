"""What a resolver sees of the request it works for."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any

from pixee_simulators.shopify.pages import Sorted
from pixee_simulators.shopify.store import Store


@dataclass(slots=True)
class Work:
    """What the request did, for the request log and the counts."""

    commits: dict[str, Counter[str]] = field(default_factory=dict)
    skus: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def commit(self, what: str, verb: str, number: int = 1) -> None:
        """`what`: product, variant, quantity or item; `verb`: created, updated or deleted."""
        self.commits.setdefault(what, Counter())[verb] += number


@dataclass(slots=True)
class Context:
    """`now`: simulator seconds since the epoch, the same for the whole request. `scopes`: what the app was granted.
    `fails`: every mutation of this request breaks before it does anything. `lists`: sorted
    lists kept between the shop's requests (listings.py).
    """

    store: Store
    settings: dict[str, Any]
    limits: dict[str, Any]
    now: float
    host: str
    scopes: frozenset[str]
    lists: OrderedDict[tuple[object, ...], tuple[int, Sorted[Any]]]
    fails: bool = False
    work: Work = field(default_factory=Work)

    @property
    def second(self) -> int:
        return int(self.now)
