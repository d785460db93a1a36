"""What a pull would make of what a webhook tells: the one question by which a change is told from an echo. Reads only.

A webhook is worth a pull when the pull would change something here. So the object that it tells of is held against the catalog and
against what the shop had when last seen, by the very rules of a pull. What we wrote is what the catalog has: an echo, however late it
comes, however often, whether or not its answer was lost, and whoever else wrote in the same second. What a person changed differs.

A delivery may be older than our last write, which then changed what it tells of. Nothing can be said of it before the shop
tells of that write too: `LATER`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from pixee_common.db import Connection
from pixee_orchestrator.auto_sync.marks import Marks
from pixee_orchestrator.catalog.pulls.facts import Facts, KnownProduct, read_facts
from pixee_orchestrator.catalog.pulls.matching import Matched, match, pair_variants
from pixee_orchestrator.catalog.pulls.merging import Merge
from pixee_orchestrator.catalog.pulls.pages import PulledProduct, PulledVariant
from pixee_orchestrator.catalog.pulls.pull_job import PullJob
from pixee_orchestrator.catalog.writing import Writes

__all__ = ["Finding", "Told", "judge"]


class Finding(StrEnum):
    """What a delivery is."""

    PULL = "pull"
    ECHO = "echo"
    GONE = "gone"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one object of the shop by its newest delivery; with neither product nor variant nobody can read what."""

    external_id: str
    received_at: datetime
    gone: bool = False
    product: PulledProduct | None = None
    variant: PulledVariant | None = None

    @classmethod
    def read(cls, external_id: str, received_at: datetime, told: Mapping[str, Any] | None) -> "Told":
        """As the worker wrote it (`webhook_contract.Heard`). What cannot be read is told as such: it asks for a pull."""
        if told is None:
            return cls(external_id, received_at)
        try:
            return cls(external_id, received_at, bool(told["gone"]), _product(told), _variant(told))
        except (KeyError, TypeError, ValidationError):
            return cls(external_id, received_at)

    @property
    def as_page(self) -> PulledProduct:
        """A product to look facts up by."""
        variants = (self.variant,) if self.variant else ()
        return self.product or PulledProduct.model_construct(
            external_id=self.external_id, our_key=None, title="", variants=variants
        )


async def judge(connection: Connection, job: PullJob, told: Sequence[Told], now: datetime) -> dict[str, Finding]:
    """By external id. A dozen statements, however many objects. `job`: what a pull of the connector would be."""
    facts = await read_facts(connection, job, [one.as_page for one in told], names=(), placeholders=())
    return {one.external_id: _judged(job, facts, one, now) for one in told}


def _judged(job: PullJob, facts: Facts, told: Told, now: datetime) -> Finding:
    if told.gone:
        return _of_the_missing(facts, told)
    if told.product is not None:
        found = match(told.product, facts)
        known = facts.products[found.product_id] if isinstance(found, Matched) else None
    else:
        listed = facts.listed.get(("variant", told.external_id)) if told.variant else None
        known = facts.products.get(listed[1]) if listed else None
    if known is None:
        return Finding.PULL
    if not known.row["live"]:
        return Finding.ECHO
    if known.row["external_id"] is None:
        return Finding.LATER if _is_open(facts, known.row["id"]) else Finding.PULL
    if not _takes(job, replace(facts, open_writes=set()), told, known, now):
        return Finding.ECHO
    return Finding.PULL if _takes(job, facts, told, known, told.received_at) else Finding.LATER


def _of_the_missing(facts: Facts, told: Told) -> Finding:
    products = {listed[1] for kind in ("product", "variant") if (listed := facts.listed.get((kind, told.external_id)))}
    if not products:
        return Finding.ECHO
    return Finding.LATER if any(_is_open(facts, product) for product in products) else Finding.GONE


def _is_open(facts: Facts, product: UUID) -> bool:
    return ("push_products", product) in facts.open_writes


def _takes(job: PullJob, facts: Facts, told: Told, known: KnownProduct, requested_at: datetime) -> bool:
    """Whether a pull would change the catalog, where our writes after `requested_at` stand."""
    merge = Merge(job, facts, requested_at, Writes(job.account_id, Marks(job.account_id)))
    try:
        content = told.product is not None and merge.take_content(_with_paths(told.product, known, facts), known)[0]
    except ValidationError:
        content = True
    pairs = pair_variants(told.as_page, known, facts)
    return content or any(merge.take_figures(one, ours)[0] for one, ours in pairs if ours is not None)


def _with_paths(pulled: PulledProduct, known: KnownProduct, facts: Facts) -> PulledProduct:
    """The categories as they were seen, or as the catalog has them, where the last names are the same: a webhook tells no parents."""
    seen = facts.seen.get(known.row["id"], {}).get("categories")
    for paths in (seen, known.row["content"].get("categories")):
        if paths is not None and _last(paths) == _last(pulled.categories):
            return pulled.model_copy(update={"categories": tuple(tuple(path) for path in paths)})
    return pulled


def _last(paths: Iterable[Sequence[str]]) -> list[str]:
    """In an order of their own: shops keep none."""
    return sorted(path[-1] for path in paths if path)


def _product(told: Mapping[str, Any]) -> PulledProduct | None:
    """A product with variants that are not told has none of them here."""
    product = told["product"]
    if product is None:
        return None
    variants = tuple(PulledVariant.model_validate(one) for one in product["variants"])
    if variants:
        return PulledProduct.model_validate(product)
    nobody = {"external_id": told["external_id"]}
    return PulledProduct.model_validate({**product, "variants": [nobody]}).model_copy(update={"variants": ()})


def _variant(told: Mapping[str, Any]) -> PulledVariant | None:
    return None if told["variant"] is None else PulledVariant.model_validate(told["variant"])
