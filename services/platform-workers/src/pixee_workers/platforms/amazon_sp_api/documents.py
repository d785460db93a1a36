"""One SKU's attributes, complete and in the form of the schema; and what of them has to be sent. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from pixee_common.domain.money import Price
from pixee_common.domain.product import plain_decimal
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.judging import Schema
from pixee_workers.platforms.amazon_sp_api.listings import PARENT, SENT, VARIATION
from pixee_workers.platforms.amazon_sp_api.manifest import LIST_PRICE, OFFER, STOCK
from pixee_workers.platforms.amazon_sp_api.marketplaces import WITH_LONG_TITLES, language_of, marketplace_of
from pixee_workers.platforms.amazon_sp_api.shaping import Place, choices_of, part_of, selectors_of, shaped
from pixee_workers.platforms.amazon_sp_api.wire import Attributes, Call, Element
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.items import Listing
from pixee_workers.sync_base.outcomes import Refusal

_LONGEST_TITLE = 75
_PLAIN_SELECTORS = frozenset({"marketplace_id", "language_tag"})


def content(words: Mapping[str, Any], schema: Schema, settings: ConnectorSettings) -> Attributes:
    """What `mapped` said of one SKU (`title`, `facts`, `ruled`), as Amazon's attributes. Ours that the type lacks are left out."""
    place = Place(marketplace_of(settings).id, language_of(settings), settings.currency)
    ruled = shaped(words["ruled"], schema.document, place)
    own: Attributes = {**_title(str(words["title"]), schema, settings), **words["facts"]}
    known = schema.attributes
    return {name: value for name, value in own.items() if name in known and name not in ruled} | ruled


def offer(price: Price | None, quantity: int | None, schema: Schema, settings: ConnectorSettings) -> Attributes:
    """What a create carries beside the content: what there is of price and quantity."""
    made: Attributes = {}
    if quantity is not None:
        made[STOCK] = wire.pieces(quantity)
    if price is not None:
        place = marketplace_of(settings).id
        selectors = {"marketplace_id": place, "currency": price.currency, "audience": "ALL"}
        made[OFFER] = [{**selectors, "our_price": wire.schedule(plain_decimal(price.amount))}]
        if price.compare_at is not None and LIST_PRICE in schema.attributes:
            made[LIST_PRICE] = [list_price(plain_decimal(price.compare_at), price.currency, place, schema)]
    return made


def list_price(amount: str, currency: str, place: str, schema: Schema | None) -> Element:
    """The struck-through price, as the type has it (sheet: its shape is the schema's)."""
    known = {} if schema is None else part_of(schema.attributes.get(LIST_PRICE), (), schema.document)
    fields = (known.get("items") or {}).get("properties") or {}
    name = "value" if "value" in fields and "value_with_tax" not in fields else "value_with_tax"
    return {name: float(amount), "currency": currency, "marketplace_id": place}


def theme(options: Sequence[str], ruled: Mapping[str, Any], schema: Schema) -> str | Refusal:
    """The variation theme: the merchant's, else the type's own that is made of just these attributes."""
    told = ruled.get(wire.THEME) or ruled.get(f"{wire.THEME}.name")
    if told:
        return str(told["texts"][0])
    names = [
        name
        for name, _ in choices_of(
            part_of(schema.attributes.get(wire.THEME), ("name",), schema.document), schema.document
        )
    ]
    wanted = {option.upper() for option in options}
    found = next((name for name in names if set(name.upper().split("/")) == wanted), None)
    if found is not None:
        return found
    choices = f" One of: {', '.join(names[:20])}." if names else ""
    message = f"{schema.product_type} has no variation by {', '.join(options)}: map variation_theme.{choices}"
    return Refusal(ReasonCode.MISSING_MAPPING, message, f"attributes.{wire.THEME}")


def of_parent(name: str, place: str) -> Attributes:
    """How a parent says that it is one."""
    return {
        wire.PARENTAGE: [{"value": "parent", "marketplace_id": place}],
        wire.THEME: [{"name": name, "marketplace_id": place}],
    }


def of_child(parent: str, name: str, place: str) -> Attributes:
    """How a child says whose it is."""
    link = {"child_relationship_type": "variation", "parent_sku": parent, "marketplace_id": place}
    return {
        wire.PARENTAGE: [{"value": "child", "marketplace_id": place}],
        wire.PARENT_LINK: [link],
        wire.THEME: [{"name": name, "marketplace_id": place}],
    }


def in_family(listing: Listing | None, parent: str, name: str) -> bool:
    """Whether the listing's place in the family was written before as it is now."""
    return listing is not None and (listing.refs.get(PARENT), listing.refs.get(VARIATION)) == (parent, name)


def created(sku: str, kind: str, attributes: Attributes, *, sells: bool) -> Call:
    """A listing that is not there yet. Without an offer it is a product only, which the first price makes buyable."""
    requirements = wire.LISTING if sells else wire.PRODUCT_ONLY
    return {"sku": sku, "method": "PUT", "product_type": kind, "requirements": requirements, "attributes": attributes}


def offered(sku: str, kind: str, attributes: Attributes) -> Call:
    """A listing that is nothing but an offer on an item of the catalog."""
    call: Call = {"sku": sku, "method": "PUT", "product_type": kind, "requirements": wire.OFFER_ONLY}
    return {**call, "attributes": attributes}


def sales_terms(words: Mapping[str, Any], asin: str, schema: Schema, settings: ConnectorSettings) -> Attributes:
    """What an offer on an item says beside price and quantity: only what the set of offers knows, and no identity but the ASIN."""
    known, place = schema.attributes, marketplace_of(settings).id
    ruled = {name: text for name, text in words["ruled"].items() if name.partition(".")[0] in known}
    told = content({**words, "ruled": ruled}, schema, settings)
    kept = {name: value for name, value in told.items() if name not in {wire.EAN, wire.EXEMPTION, *wire.SALES}}
    return kept | {wire.ASIN: [{"value": asin, "marketplace_id": place}]}


def changed(
    sku: str, kind: str, attributes: Attributes, listing: Listing, schema: Schema, settings: ConnectorSettings
) -> Call:
    """A listing that is there: every attribute of ours in the place of the old one, and none of ours that is no more."""
    patches = [wire.patch("replace", name, value) for name, value in attributes.items()]
    sent = listing.refs.get(SENT)
    gone = {str(name) for name in sent} - attributes.keys() - wire.RELATIONSHIPS if isinstance(sent, list) else set()
    patches += [wire.patch("delete", name, _selected(name, schema, settings)) for name in sorted(gone)]
    return {"sku": sku, "method": "PATCH", "product_type": kind, "patches": patches}


def _selected(name: str, schema: Schema, settings: ConnectorSettings) -> list[Element] | None:
    """Which elements to take away: ours alone where language and marketplace tell them apart, else the attribute."""
    selectors = selectors_of(name, schema.document)
    if not selectors or not set(selectors) <= _PLAIN_SELECTORS:
        return None
    filled = {"marketplace_id": marketplace_of(settings).id, "language_tag": language_of(settings)}
    return [{one: filled[one] for one in selectors}]


def _title(title: str, schema: Schema, settings: ConnectorSettings) -> Attributes:
    """Amazon keeps 75 characters of a title; what is over goes to the highlights where the type has them (sheet, "Pitfalls")."""
    place = {"language_tag": language_of(settings), "marketplace_id": marketplace_of(settings).id}
    if (
        len(title) <= _LONGEST_TITLE
        or wire.HIGHLIGHTS not in schema.attributes
        or marketplace_of(settings).country in WITH_LONG_TITLES
    ):
        return {wire.TITLE: [{"value": title, **place}]}
    cut = title.rfind(" ", 0, _LONGEST_TITLE + 1)
    head = title[: cut if cut > 0 else _LONGEST_TITLE]
    rest = title[len(head) :].strip(" ,;-–")
    made = {wire.TITLE: [{"value": head.rstrip(" ,;-–"), **place}]}
    return made | ({wire.HIGHLIGHTS: [{"value": rest, **place}]} if rest else {})
