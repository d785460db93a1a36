"""Items of Amazon's catalog on which new listings may be offers, found by the ASIN that the merchant maps or by the EAN.

Sheet, "Push products": an EAN that the catalog knows is best sold by an offer on its ASIN, which needs sales terms alone. The
connector says what becomes of it (`existing_asins`): `create` never asks, `offer` makes the offer, `ask` leaves it to a person. One EAN
may find several ASINs; nobody but a person can choose then. Listings that are there already stay what they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pixee_common.domain.job import OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.manifest import CATALOG, EXISTING_ASINS
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import CATALOG_ITEMS, ask, contract_broken
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings
from pixee_workers.sync_base.items import Mapped, ProductItem, PushVariant
from pixee_workers.sync_base.outcomes import Outcome

_AT_ONCE = 20
_LONGEST_GTIN = 14
_FIELD = f"attributes.{wire.ASIN}"


@dataclass(frozen=True, slots=True)
class Offer:
    """An item of the catalog to sell on, with its product type."""

    asin: str
    kind: str


@dataclass(slots=True)
class _Wanted:
    """One new listing: the ASIN that the merchant names, else its EAN."""

    sku: str
    asin: str | None
    ean: str | None


@dataclass(slots=True)
class _Catalog:
    """What was found, by ASIN and by EAN (as a number of fourteen digits)."""

    kinds: dict[str, str] = field(default_factory=dict)
    by_ean: dict[str, dict[str, None]] = field(default_factory=dict)


def asked_for(settings: ConnectorSettings) -> bool:
    """Whether the connector wants offers at all."""
    return settings.extra.get(EXISTING_ASINS, "create") != "create"


async def offers(
    items: Sequence[Mapped[ProductItem]], context: CallContext
) -> tuple[dict[str, Offer], dict[Any, Outcome]]:
    """Offers by SKU, and the outcomes of items that a person has to decide, by item."""
    if not asked_for(context.settings):
        return {}, {}
    wanted = {one.item.id: _wanted(one) for one in items}
    found = await _found([entry for entries in wanted.values() for entry in entries], context)
    made: dict[str, Offer] = {}
    reviews: dict[Any, Outcome] = {}
    for one, entries in wanted.items():
        for entry in entries:
            asins = [entry.asin] if entry.asin else list(found.by_ean.get(_number(entry.ean or ""), ()))
            if not asins:
                continue
            if len(asins) > 1 or (not entry.asin and context.settings.extra[EXISTING_ASINS] == "ask"):
                reviews.setdefault(one, _review(one, entry, asins))
            else:
                made[entry.sku] = Offer(asins[0], found.kinds.get(asins[0], wire.ANY_TYPE))
    return made, reviews


def _wanted(one: Mapped[ProductItem]) -> list[_Wanted]:
    words = cast("Mapping[str, Any]", one.values)
    return [
        _Wanted(variant.variant.sku, _named(said), variant.variant.ean)
        for variant, said in zip(one.item.variants, words["listings"], strict=True)
        if _is_new(variant)
    ]


def _is_new(variant: PushVariant) -> bool:
    return variant.listing is None or variant.listing.external_id != variant.variant.sku


def _named(said: Mapping[str, Any]) -> str | None:
    """The ASIN that a rule of the merchant's gives."""
    ruled = said["ruled"].get(wire.ASIN) or said["ruled"].get(f"{wire.ASIN}.value")
    return str(ruled["texts"][0]) if ruled else None


def _review(item_id: Any, entry: _Wanted, asins: Sequence[str]) -> Outcome:
    several = "several items" if len(asins) > 1 else "an item"
    message = (
        f"{entry.sku}: Amazon's catalog has {several} with the EAN {entry.ean} already ({', '.join(asins)}). To sell on one map its "
        f"ASIN to {wire.ASIN}; to contribute a listing of your own set the connector's {EXISTING_ASINS} to create."
    )
    return Outcome(
        item_id, OutcomeKind.NEEDS_REVIEW, ReasonCode.EAN_AMBIGUOUS, message, _FIELD, candidates=tuple(asins)
    )


async def _found(wanted: Sequence[_Wanted], context: CallContext) -> _Catalog:
    asked: dict[str, dict[str, None]] = {}
    for entry in wanted:
        if entry.asin:
            asked.setdefault("ASIN", {})[entry.asin] = None
        elif entry.ean:
            kind = wire.IDENTIFIER_KINDS.get(len(entry.ean), "gtin").upper()
            asked.setdefault(kind, {})[entry.ean] = None
    catalog = _Catalog()
    for kind, identifiers in asked.items():
        named = list(identifiers)
        for start in range(0, len(named), _AT_ONCE):
            await _search(kind, named[start : start + _AT_ONCE], catalog, context)
    return catalog


async def _search(kind: str, identifiers: Sequence[str], catalog: _Catalog, context: CallContext) -> None:
    query = {
        "marketplaceIds": marketplace_of(context.settings).id,
        "identifiers": ",".join(identifiers),
        "identifiersType": kind,
        "includedData": "identifiers,productTypes",
        "pageSize": str(_AT_ONCE),
    }
    token: str | None = None
    while True:
        page = query | ({"pageToken": token} if token else {})
        told, _ = await ask(context, "GET", CATALOG_ITEMS, label=CATALOG, query=page)
        items = told.get("items") if isinstance(told, Mapping) else None
        if not isinstance(items, list) or not all(isinstance(one, Mapping) and one.get("asin") for one in items):
            raise contract_broken("a search of the catalog has no items")
        for one in items:
            _note(one, catalog, marketplace_of(context.settings).id)
        token = (told.get("pagination") or {}).get("nextToken")
        if not token:
            return


def _note(item: Mapping[str, Any], catalog: _Catalog, place: str) -> None:
    asin = str(item["asin"])
    for named in item.get("productTypes") or ():
        if named.get("marketplaceId", place) == place and named.get("productType"):
            catalog.kinds[asin] = str(named["productType"])
    for group in item.get("identifiers") or ():
        for one in group.get("identifiers") or ():
            if one.get("identifierType") in {"EAN", "UPC", "GTIN", "JAN", "ISBN"}:
                catalog.by_ean.setdefault(_number(str(one.get("identifier"))), {})[asin] = None


def _number(gtin: str) -> str:
    """The same number whatever its form: 12, 13 or 14 digits."""
    return gtin.zfill(_LONGEST_GTIN)
