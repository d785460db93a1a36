"""Decides over a page, product by product, and gathers what is to be written: catalog, listings, seen values, issues, events. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue, ValidationError

from pixee_common.domain.ids import new_id
from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.product import DEFAULT_LOCATION, Product, StockLevel
from pixee_common.domain.reasons import ReasonCode
from pixee_common.events.catalog import Change, PriceChanged, ProductUpserted, StockChanged
from pixee_orchestrator.catalog.pulls.creating import new_product, refusal_text
from pixee_orchestrator.catalog.pulls.facts import Facts, KnownProduct, KnownVariant
from pixee_orchestrator.catalog.pulls.findings import Issue, NewListing
from pixee_orchestrator.catalog.pulls.matching import Matched, Review, match, pair_variants
from pixee_orchestrator.catalog.pulls.pages import PulledProduct, PulledVariant, amount
from pixee_orchestrator.catalog.pulls.pull_job import PullJob
from pixee_orchestrator.catalog.pulls.taking import (
    FIGURES_OF,
    Aspect,
    changed_fields,
    content_seen,
    content_taken,
    figures_seen,
    is_hidden,
    is_ours,
    seen_of_product,
    seen_of_variant,
    variant_figures,
)
from pixee_orchestrator.catalog.stored import Prices, StoredVariant, stored_content, stored_variant_content
from pixee_orchestrator.catalog.writing import Writes

__all__ = ["Merge"]

JsonObject = dict[str, Any]


@dataclass(slots=True)
class Merge:
    """One page being merged. Afterwards: `items` (id, outcome) in order, and everything to write."""

    job: PullJob
    facts: Facts
    requested_at: datetime
    writes: Writes
    items: list[tuple[UUID, OutcomeKind]] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    listings: list[NewListing] = field(default_factory=list)
    seen: dict[UUID, JsonObject] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    digests: dict[UUID, bytes] = field(default_factory=dict)
    """Of each object of the page, by the item that it is known by."""
    repeated: int = 0
    changed: int = 0
    """Of the repeated ones: those that came otherwise than before."""

    def add(self, pulled: PulledProduct, digest: bytes) -> None:
        """Decides over one product. One that this job has had already is only counted as repeated."""
        placeholder = self.job.placeholder(pulled.external_id)
        found = match(pulled, self.facts)
        item = found.product_id if isinstance(found, Matched) else placeholder
        had = next((one for one in (item, placeholder) if self._was_had(one)), None)
        if had is not None:
            self._again(had, digest)
            return
        self.digests[item] = digest
        if isinstance(found, Matched):
            self._take_over(pulled, self.facts.products[found.product_id])
        elif isinstance(found, Review):
            self._end(item, OutcomeKind.NEEDS_REVIEW, found.reason, found.message, pulled, candidates=found.candidates)
        else:
            self._create(pulled, item)

    def _again(self, item: UUID, digest: bytes) -> None:
        self.repeated += 1
        if self.digests.get(item, self.facts.digests.get(item)) != digest:
            self.changed += 1
            self.digests[item] = digest
            self.seen.setdefault(item, self.facts.seen.get(item, {}))

    def _was_had(self, item: UUID) -> bool:
        at = self.facts.seen_at.get(item)
        return item in self.seen or (at is not None and self.job.started_at is not None and at >= self.job.started_at)

    def _end(
        self,
        item: UUID,
        outcome: OutcomeKind,
        reason: ReasonCode,
        message: str,
        pulled: PulledProduct,
        *,
        product_id: UUID | None = None,
        candidates: tuple[str, ...] = (),
    ) -> None:
        self.items.append((item, outcome))
        text = f"{message} (the shop's product {pulled.external_id}, {pulled.title})"
        sku = pulled.variants[0].sku
        self.issues.append(Issue(item, outcome, reason, text, product_id, sku, candidates=candidates))
        self.seen.setdefault(item, self.facts.seen.get(item, {}))

    def _create(self, pulled: PulledProduct, placeholder: UUID) -> None:
        job = self.job
        try:
            product = new_product(
                pulled,
                platform=job.platform,
                locale=job.locale,
                currency=job.currency,
                taken_keys=frozenset(self.facts.by_key),
            )
        except ValidationError as error:
            reason = ReasonCode.INVALID_VALUE
            self._end(placeholder, OutcomeKind.REJECTED, reason, refusal_text(error), pulled)
            return
        owners = {self.facts.by_sku[one.sku] for one in product.variants if one.sku in self.facts.by_sku}
        owners |= {self.facts.by_key[product.key]} if product.key in self.facts.by_key else set()
        if owners:
            text = "Another product of the catalog has this SKU or key"
            candidates = tuple(sorted(map(str, owners)))
            reason = ReasonCode.SKU_DUPLICATE
            self._end(placeholder, OutcomeKind.NEEDS_REVIEW, reason, text, pulled, candidates=candidates)
            return
        self._write_new(pulled, product, placeholder)

    def _write_new(self, pulled: PulledProduct, product: Product, placeholder: UUID) -> None:
        product_id = new_id()
        self.writes.product(product_id, product.key, stored_content(product), self.job.source)
        self.writes.more_products += 1
        self.facts.by_key[product.key] = product_id
        self._list(product_id, "product", product_id, pulled.external_id, None, pulled.refs)
        for place, (one, given) in enumerate(zip(pulled.variants, product.variants, strict=True)):
            prices: Prices = (given.base_price, given.compare_at_price, None, given.currency)
            content = stored_variant_content(given)
            row = StoredVariant(new_id(), product_id, place, given.sku, given.ean, content, prices, live=True)
            self.writes.variant(row, priced=True, stocked=True, origin=self.job.source)
            if given.stock:
                self.writes.stock[row.id] = {level.location: level.quantity for level in given.stock}
            self.facts.by_sku[given.sku] = product_id
            self._list(row.id, "variant", product_id, one.external_id, pulled.external_id, one.refs)
            self.seen[row.id] = seen_of_variant(one)
        self.seen[product_id] = seen_of_product(pulled)
        self.seen[placeholder] = {}
        self.digests[product_id] = self.digests[placeholder]
        self.items.append((product_id, OutcomeKind.APPLIED))
        self.changes.append(ProductUpserted(product=product))

    def _take_over(self, pulled: PulledProduct, known: KnownProduct) -> None:
        item: UUID = known.row["id"]
        if not known.row["live"]:
            text = "It was deleted in the catalog"
            self._end(item, OutcomeKind.SKIPPED, ReasonCode.PULL_IGNORED, text, pulled, product_id=item)
            return
        pairs = pair_variants(pulled, known, self.facts)
        try:
            took, stood = self.take_content(pulled, known)
        except ValidationError as error:
            reason = ReasonCode.INVALID_VALUE
            self._end(item, OutcomeKind.REJECTED, reason, refusal_text(error), pulled, product_id=item)
            return
        self._list(item, "product", item, pulled.external_id, None, pulled.refs)
        for one, ours in pairs:
            if ours is not None:
                self._list(ours.row["id"], "variant", item, one.external_id, pulled.external_id, one.refs)
                took_figures, stood_figures = self.take_figures(one, ours)
                took, stood = took or took_figures, stood or stood_figures
        self._conclude(pulled, item, pairs, took=took, stood=stood)

    def _conclude(
        self,
        pulled: PulledProduct,
        item: UUID,
        pairs: Sequence[tuple[PulledVariant, KnownVariant | None]],
        *,
        took: bool,
        stood: bool,
    ) -> None:
        self.seen.setdefault(item, self.facts.seen.get(item, {}))
        unpaired = [one.external_id for one, ours in pairs if ours is None]
        outcome = OutcomeKind.APPLIED if took else OutcomeKind.SKIPPED
        self.items.append((item, outcome))
        sku = pulled.variants[0].sku
        if stood:
            text = "A newer change of ours is on its way, so the shop's value was not taken"
            self.issues.append(Issue(item, outcome, ReasonCode.PULL_IGNORED, text, item, sku, warning=took))
        elif unpaired:
            text = f"The shop has variants that the catalog does not have: {', '.join(unpaired[:5])}"
            self.issues.append(Issue(item, outcome, ReasonCode.UNKNOWN_VARIANT, text, item, sku, warning=True))

    def take_content(self, pulled: PulledProduct, known: KnownProduct) -> tuple[bool, bool]:
        """(taken, ours stood)."""
        row = known.row
        content = content_taken(known, pulled, self.facts, self.job.locale)
        if content is not None:
            if self._stands(Aspect("push_products", row["id"], row["content_version"], row["origin"])):
                self.seen[row["id"]] = content_seen(known, self.facts, self.job.locale, written=True)
                return False, True
            variants = [{**one.row["content"], "sku": one.row["sku"], "ean": one.row["ean"]} for one in known.variants]
            product = Product.model_validate({**content, "key": row["key"], "variants": variants})
            self.writes.product(row["id"], row["key"], stored_content(product), self.job.source)
            self.changes.append(ProductUpserted(product=product))
        self.seen[row["id"]] = {**self.facts.seen.get(row["id"], {}), **seen_of_product(pulled)}
        return content is not None, False

    def take_figures(self, pulled: PulledVariant, known: KnownVariant) -> tuple[bool, bool]:
        """(taken, ours stood), over price and quantity."""
        row = known.row
        old_seen = figures_seen(self.facts, row["id"])
        fields = changed_fields(seen_of_variant(pulled), old_seen, variant_figures(known))
        prices = self._new_prices(pulled, known) if fields & {"price", "compare_at_price"} else None
        told = "quantity" in fields and not is_hidden(pulled, known, self.facts)
        levels = _new_levels(pulled, known, self.job.locations) if told else None
        stood = {
            operation
            for operation, wanted in (("push_prices", prices), ("push_stock", levels))
            if wanted is not None and self._figure_stands(operation, known)
        }
        prices = None if "push_prices" in stood else prices
        levels = None if "push_stock" in stood else levels
        if prices is not None or levels is not None:
            self._write_figures(known, prices, levels)
        kept = {name for operation in stood for name in FIGURES_OF[operation]}
        new_seen = {**old_seen, **seen_of_variant(pulled)}
        self.seen[row["id"]] = {name: value for name, value in new_seen.items() if name not in kept}
        return prices is not None or levels is not None, bool(stood)

    def _figure_stands(self, operation: str, known: KnownVariant) -> bool:
        row = known.row
        if ("push_products", row["product_id"]) in self.facts.open_writes:  # a create carries them too
            return True
        aspect = "price" if operation == "push_prices" else "stock"
        return self._stands(Aspect(operation, row["id"], row[f"{aspect}_version"], row[f"{aspect}_origin"]))

    def _stands(self, aspect: Aspect) -> bool:
        return is_ours(aspect, self.facts, connector=self.job.connector_id, requested_at=self.requested_at)

    def _new_prices(self, pulled: PulledVariant, known: KnownVariant) -> Prices | None:
        """The base price as the shop has it; null where it is none of ours to change (another currency, a price list's)."""
        row, price, currency = known.row, amount(pulled.price), self.job.currency
        if price is None or currency is None or row["listed_price"] or row["currency"] not in {None, currency}:
            return None
        compare_at = amount(pulled.compare_at_price)
        if compare_at is None and row["compare_at_price"] is not None and row["compare_at_price"] > price:
            compare_at = row["compare_at_price"]
        if (price, compare_at) == (row["base_price"], row["compare_at_price"]):
            return None
        return (price, compare_at, row["cost"], currency)

    def _write_figures(self, known: KnownVariant, prices: Prices | None, levels: dict[str, int] | None) -> None:
        row = known.row
        kept: Prices = (row["base_price"], row["compare_at_price"], row["cost"], row["currency"])
        stored = StoredVariant(
            *(row["id"], row["product_id"], row["position"], row["sku"], row["ean"], row["content"]),
            prices=prices or kept,
            live=True,
        )
        self.writes.variant(stored, priced=prices is not None, stocked=levels is not None, origin=self.job.source)
        if prices is not None:
            base, compare_at, _, currency = prices
            self.changes.append(
                PriceChanged(sku=row["sku"], currency=currency, base_price=base, compare_at_price=compare_at)
            )
        if levels is not None:
            self.writes.stock[row["id"]] = levels
            told = tuple(StockLevel(location=where, quantity=count) for where, count in levels.items())
            self.changes.append(StockChanged(sku=row["sku"], levels=told))

    def _list(
        self,
        item: UUID,
        kind: str,
        product: UUID,
        external_id: str,
        parent: str | None,
        refs: Mapping[str, JsonValue],
    ) -> None:
        holder = self.facts.listed.setdefault((kind, external_id), (item, product))
        if holder[0] == item:
            self.listings.append(NewListing(item, kind, product, external_id, parent, refs))
            if kind == "product" and item in self.facts.products:
                self.facts.products[item].row["external_id"] = external_id


def _new_levels(pulled: PulledVariant, known: KnownVariant, locations: frozenset[str]) -> dict[str, int] | None:
    """The shop knows one figure: with stock at several locations of ours, or at one that is not sent there, it says nothing of ours."""
    if pulled.quantity is None or len(known.stock) > 1:
        return None
    location = next(iter(known.stock), DEFAULT_LOCATION)
    if locations and location not in locations:
        return None
    levels = {location: pulled.quantity}
    return levels if levels != known.stock else None
