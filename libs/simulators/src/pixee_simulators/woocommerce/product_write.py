"""Creating and changing products and variations: what of a body is taken, dropped, coerced or refused.

A record is changed as a draft and stored at the end, so that a refused item leaves nothing behind (except media, as
in a real shop). Nested values are replaced, never changed in place: drafts share them with the stored record.
"""

from typing import Any

from pixee_simulators.woocommerce import amounts, coercion
from pixee_simulators.woocommerce.errors import WooError
from pixee_simulators.woocommerce.images import Sideload
from pixee_simulators.woocommerce.product_terms import product_attributes, term_ids, variation_attributes
from pixee_simulators.woocommerce.store import TAXONOMIES, UNCATEGORIZED, Record, Store, moment

TYPES = frozenset({"simple", "grouped", "external", "variable"})
STATUSES = frozenset({"draft", "pending", "private", "publish", "future", "auto-draft", "trash"})
_TEXTS = (
    "description",
    "short_description",
    "weight",
    "tax_class",
    "purchase_note",
    "external_url",
    "button_text",
    "post_password",
    "shipping_class",
)
_BOOLEANS = ("featured", "virtual", "downloadable", "sold_individually", "reviews_allowed")
_INTEGERS = ("menu_order", "download_limit", "download_expiry")
_CHOICES = {
    "catalog_visibility": frozenset({"visible", "catalog", "search", "hidden"}),
    "tax_status": frozenset({"taxable", "shipping", "none"}),
}
_LISTS = ("upsell_ids", "cross_sell_ids", "grouped_products", "default_attributes", "downloads")


class Writer:
    """One request's view of a shop: its store, settings and the moment of writing."""

    def __init__(self, store: Store, settings: dict[str, Any], now: float) -> None:
        self._store = store
        self._sideload = Sideload(store, settings, now)
        self._now = moment(now)

    def create_product(self, body: Record) -> Record:
        draft = _blank("simple", self._now) | {"name": "Product"}
        self._product(draft, body)
        self._refuse_reserved(draft)
        return self._store_new(draft)

    def update_product(self, record: Record, body: Record) -> Record:
        if record["parent_id"]:
            raise variation_at_products()
        draft = dict(record)
        self._product(draft, body)
        draft["date_modified_gmt"] = self._now
        self._store.put(draft)
        return draft

    def create_variation(self, parent: Record, body: Record) -> Record:
        draft = _blank("variation", self._now) | {"parent_id": parent["id"], "name": parent["name"]}
        self._variation(draft, body, parent)
        self._refuse_reserved(draft)
        stored = self._store_new(draft)
        self.touch_parent(parent["id"])
        return stored

    def update_variation(self, record: Record, parent: Record, body: Record) -> Record:
        draft = dict(record)
        self._variation(draft, body, parent)
        draft["date_modified_gmt"] = self._now
        self._store.put(draft)
        self.touch_parent(parent["id"])
        return draft

    def trash(self, record: Record) -> Record:
        """To the trash, variations with it; SKUs stay taken."""
        trashed = record | {"status": "trash", "date_modified_gmt": self._now}
        self._store.put(trashed)
        for child in list(self._store.children(record["id"])):
            self._store.put(child | {"status": "trash"})
        return trashed

    def delete(self, record: Record) -> None:
        self._store.drop(record)
        if record["parent_id"]:
            self.touch_parent(record["parent_id"])

    def touch_parent(self, parent_id: int) -> None:
        """A change of a variation moves its parent's date too [live]."""
        if (parent := self._store.products.get(parent_id)) is not None:
            self._store.put(parent | {"date_modified_gmt": self._now})

    # --- the two shapes -------------------------------------------------------------------------------------------

    def _product(self, draft: Record, body: Record) -> None:
        if "type" in body:
            draft["type"] = body["type"] if body["type"] in TYPES else "simple"
        if "status" in body:
            self._status(draft, body["status"])
        if coercion.text(body.get("name")):
            draft["name"] = coercion.text(body["name"])
        self._shared(draft, body)
        for taxonomy in TAXONOMIES:
            if taxonomy in body:
                draft[taxonomy] = term_ids(self._store, taxonomy, body[taxonomy])
        if not draft["categories"]:
            draft["categories"] = [UNCATEGORIZED]
        if "attributes" in body:
            draft["attributes"] = product_attributes(self._store, body["attributes"])
        if "images" in body:
            draft["images"] = self._sideload.take(body["images"])
        wish = coercion.slug(body.get("slug") or (draft["slug"] or draft["name"]))
        draft["slug"] = self._store.free_slug(wish, but=draft["id"])

    def _variation(self, draft: Record, body: Record, parent: Record) -> None:
        if "status" in body:
            draft["status"] = body["status"] if body["status"] in STATUSES else "draft"
        self._shared(draft, body)
        if "attributes" in body:
            draft["attributes"] = variation_attributes(self._store, parent, body["attributes"])
        if "image" in body:
            image = body["image"]
            taken = self._sideload.take_one(image) if isinstance(image, dict) else 0
            draft["images"] = [taken] if taken else []
        if "gallery_image_ids" in body and isinstance(body["gallery_image_ids"], list):
            draft["gallery_image_ids"] = [coercion.integer(one) for one in body["gallery_image_ids"]]
        wish = coercion.slug("-".join([parent["name"], *(one["option"] for one in draft["attributes"])]))
        draft["slug"] = draft["slug"] or self._store.free_slug(wish)

    def _shared(self, draft: Record, body: Record) -> None:
        self._identity(draft, body)
        draft |= {name: coercion.text(body[name]) for name in _TEXTS if name in body}
        draft |= {name: coercion.boolean(body[name]) for name in _BOOLEANS if name in body}
        draft |= {name: coercion.integer(body[name]) for name in _INTEGERS if name in body}
        draft |= {name: body[name] for name, choices in _CHOICES.items() if body.get(name) in choices}
        draft |= {name: body[name] for name in _LISTS if isinstance(body.get(name), list)}
        if isinstance(body.get("dimensions"), dict):
            given = {side: coercion.text(value) for side, value in body["dimensions"].items()}
            draft["dimensions"] = {side: given.get(side, old) for side, old in draft["dimensions"].items()}
        amounts.write_prices(draft, body, self._store)
        amounts.write_stock(draft, body)
        if "meta_data" in body:
            draft["meta_data"] = self._merge_meta(draft["meta_data"], body["meta_data"])

    def _status(self, draft: Record, status: Any) -> None:
        """Anything unknown is a draft [live]; leaving the trash takes the variations along."""
        leaving = draft["status"] == "trash" and status != "trash"
        draft["status"] = status if status in STATUSES else "draft"
        if leaving:
            for child in list(self._store.children(draft["id"])):
                self._store.put(child | {"status": "publish"})

    def _identity(self, draft: Record, body: Record) -> None:
        """SKU and GTIN, unique over products and variations outside the trash."""
        if "sku" in body:
            sku = coercion.text(body["sku"])
            if other := _living(self._store.with_sku(sku, but=draft["id"])):
                raise WooError(
                    "product_invalid_sku",
                    "Invalid or duplicated SKU.",
                    resource_id=other["id"],
                    unique_sku=self._free_sku(sku),
                )
            draft["sku"] = sku
        if "global_unique_id" in body:
            gtin = coercion.gtin(body["global_unique_id"])
            if other := _living(self._store.with_gtin(gtin, but=draft["id"])):
                message = "Invalid or duplicated GTIN, UPC, EAN or ISBN."
                raise WooError("product_invalid_global_unique_id", message, resource_id=other["id"])
            draft["global_unique_id"] = gtin

    def _free_sku(self, sku: str) -> str:
        number = 1
        while self._store.with_sku(f"{sku}-{number}"):
            number += 1
        return f"{sku}-{number}"

    def _refuse_reserved(self, draft: Record) -> None:
        """A trashed product keeps its SKU: another create with it fails in the lookup table [live]."""
        if draft["sku"] and self._store.with_sku(draft["sku"]):
            kind = "product_variation" if draft["parent_id"] else "product"
            message = f"The SKU ({draft['sku']}) you are trying to insert is already present in the lookup table"
            raise WooError(f"woocommerce_rest_{kind}_not_created", message)

    def _store_new(self, draft: Record) -> Record:
        draft["id"] = self._store.number("post")
        self._store.put(draft)
        return draft

    def _merge_meta(self, kept: list[Record], given: Any) -> list[Record]:
        """By `id` when given, else by key; a null value deletes the row."""
        rows = {row["id"]: row for row in kept}
        for one in coercion.objects(given):
            by_key = next((row["id"] for row in rows.values() if row["key"] == one.get("key")), 0)
            number = coercion.integer(one.get("id")) or by_key
            if number in rows and one.get("value") is None:
                del rows[number]
            elif number in rows:
                rows[number] = rows[number] | {name: one[name] for name in ("key", "value") if name in one}
            elif one.get("key") and one.get("value") is not None:
                fresh = self._store.number("meta")
                rows[fresh] = {"id": fresh, "key": str(one["key"]), "value": one["value"]}
        return list(rows.values())


def variation_at_products() -> WooError:
    """A variation's id at /products: "woocommerce_rest_invalid_product_id", 404 [live]."""
    message = (
        "To manipulate product variations you should use the "
        "/products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint."
    )
    return WooError("woocommerce_rest_invalid_product_id", message, 404)


def _living(records: list[Record]) -> Record | None:
    return next((record for record in records if record["status"] != "trash"), None)


def _blank(kind: str, now: str) -> Record:
    return {
        "id": 0,
        "parent_id": 0,
        "type": kind,
        "name": "",
        "slug": "",
        "status": "publish",
        "sku": "",
        "global_unique_id": "",
        "regular_price": "",
        "sale_price": "",
        "date_on_sale_from_gmt": None,
        "date_on_sale_to_gmt": None,
        "manage_stock": False,
        "stock_quantity": None,
        "stock_status": "instock",
        "backorders": "no",
        "low_stock_amount": None,
        "dimensions": {"length": "", "width": "", "height": ""},
        "categories": [],
        "brands": [],
        "tags": [],
        "images": [],
        "attributes": [],
        "meta_data": [],
        "date_created_gmt": now,
        "date_modified_gmt": now,
    }
