"""How a page of items becomes chunks. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pixee_common.domain.job import ITEMS_PER_CHUNK, Operation

__all__ = ["PRIORITY", "Cut", "cut"]

PRIORITY = {
    Operation.PUSH_STOCK: 0,
    Operation.PUSH_PRICES: 1,
    Operation.PUSH_PRODUCTS: 2,
    Operation.PULL_PRODUCTS: 3,
}
"""Chunks of a smaller number go first."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A chunk to be: its number, and where its items stand in the page, counted from 1, both ends included."""

    no: int
    first: int
    last: int


def cut(page: Sequence[UUID], first_no: int) -> list[Cut]:
    """Chunks of at most a hundred items, in the order of the page."""
    return [
        Cut(first_no + place, start + 1, min(start + ITEMS_PER_CHUNK, len(page)))
        for place, start in enumerate(range(0, len(page), ITEMS_PER_CHUNK))
    ]
