"""Cuts ready items into submissions as the platform takes them. Pure.

Phases (parent before children) need nothing here: an adapter does them inside one submission, whose products nobody else touches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import orjson

from pixee_common.platforms.manifest import Capability
from pixee_workers.sync_base.preparing import Ready

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one submission may hold. `items` and `weight` shrink when a platform says that it was too much."""

    items: int
    weight: int | None
    size: int | None
    by_product: bool

    @classmethod
    def of(cls, capability: Capability, *, learnt_items: int | None = None) -> "Limits":
        """What the manifest declares, narrowed by what was learnt."""
        most = capability.max_items if learnt_items is None else min(capability.max_items, learnt_items)
        return cls(max(1, most), capability.max_weight, capability.max_bytes, capability.group_by_product)


def split(ready: Sequence[Ready], limits: Limits) -> list[list[Ready]]:
    """Submissions in order: items of one product stand together wherever they fit, one that is too large stands alone."""
    submissions: list[list[Ready]] = []
    last = _Size()
    for group in _by_product(ready):
        parts = [(part, _Size.of(part, limits)) for part in _parts(group, limits)]
        part, size = parts[-1]
        if submissions and len(parts) == 1 and not limits.by_product and (last + size).fits(limits):
            submissions[-1].extend(part)
            last += size
        else:
            submissions.extend(part for part, _ in parts)
            last = size
    return submissions


def halves(items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Two parts of a submission that was refused as a whole."""
    middle = (len(items) + 1) // 2
    return list(items[:middle]), list(items[middle:])


def _by_product(ready: Sequence[Ready]) -> list[list[Ready]]:
    groups: dict[UUID, list[Ready]] = {}
    for one in ready:
        groups.setdefault(one.read.product_id, []).append(one)
    return list(groups.values())


def _parts(group: Sequence[Ready], limits: Limits) -> list[list[Ready]]:
    parts: list[list[Ready]] = [[]]
    last = _Size()
    for one in group:
        size = _Size.of([one], limits)
        if parts[-1] and not (last + size).fits(limits):
            parts.append([])
            last = _Size()
        parts[-1].append(one)
        last += size
    return parts


@dataclass(frozen=True, slots=True)
class _Size:
    """What a submission counts for; bytes only where there is a limit for them."""

    items: int = 0
    weight: int = 0
    size: int = 0

    @classmethod
    def of(cls, ready: Sequence[Ready], limits: Limits) -> "_Size":
        size = 0 if limits.size is None else sum(len(orjson.dumps(one.values)) for one in ready)
        return cls(len(ready), sum(one.weight for one in ready), size)

    def __add__(self, other: "_Size") -> "_Size":
        return _Size(self.items + other.items, self.weight + other.weight, self.size + other.size)

    def fits(self, limits: Limits) -> bool:
        return (
            self.items <= limits.items
            and (limits.weight is None or self.weight <= limits.weight)
            and (limits.size is None or self.size <= limits.size)
        )
