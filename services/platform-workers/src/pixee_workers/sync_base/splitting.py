"""Cuts ready items into submissions as the platform takes them. Pure.

Phases (parent before children) need nothing here: an adapter does them inside one submission, whose products nobody else touches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from pixee_common.platforms.manifest import Capability
from pixee_workers.sync_base.preparing import Ready


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
    for group in _by_product(ready):
        parts = _parts(group, limits)
        if submissions and len(parts) == 1 and not limits.by_product and _fits(submissions[-1] + parts[0], limits):
            submissions[-1].extend(parts[0])
        else:
            submissions.extend(parts)
    return submissions


def halves(ready: Sequence[Ready]) -> tuple[list[Ready], list[Ready]]:
    """Two parts of a submission that was refused as a whole."""
    middle = (len(ready) + 1) // 2
    return list(ready[:middle]), list(ready[middle:])


def _by_product(ready: Sequence[Ready]) -> list[list[Ready]]:
    groups: dict[UUID, list[Ready]] = {}
    for one in ready:
        groups.setdefault(one.read.product_id, []).append(one)
    return list(groups.values())


def _parts(group: Sequence[Ready], limits: Limits) -> list[list[Ready]]:
    parts: list[list[Ready]] = [[]]
    for one in group:
        if parts[-1] and not _fits([*parts[-1], one], limits):
            parts.append([])
        parts[-1].append(one)
    return parts


def _fits(ready: Sequence[Ready], limits: Limits) -> bool:
    if len(ready) > limits.items:
        return False
    if limits.weight is not None and sum(one.weight for one in ready) > limits.weight:
        return False
    return limits.size is None or sum(len(orjson.dumps(one.values)) for one in ready) <= limits.size
