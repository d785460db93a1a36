"""Answers: stored records in the shapes of wc/v3 (full bodies, as a batch always answers)."""

from typing import Any

from pixee_simulators.woocommerce import amounts
from pixee_simulators.woocommerce.store import Record, Store

_MEDIA_DATES = ("date_created", "date_created_gmt", "date_modified", "date_modified_gmt")
_VARIATION_HAS_NOT = frozenset(
    {
        "featured",
        "catalog_visibility",
        "short_description",
        "sold_individually",
        "reviews_allowed",
        "average_rating",
        "rating_count",
        "upsell_ids",
        "cross_sell_ids",
        "categories",
        "brands",
        "tags",
        "images",
        "has_options",
        "default_attributes",
        "variations",
        "grouped_products",
        "related_ids",
        "external_url",
        "button_text",
        "total_sales",
        "post_password",
        "price_html",
    }
)


class Wire:
    """One request's view: `now` (UTC, whole seconds) decides which sales run."""

    def __init__(self, store: Store, now: str) -> None:
        self._store = store
        self._now = now

    def product(self, record: Record) -> dict[str, Any]:
        """A product; also a variation where /products shows one (type `variation`, with `parent_id`)."""
        parent = self._store.products.get(record["parent_id"])
        variable = record["type"] == "variable"
        prices = [
            price
            for child in (self._store.children(record["id"]) if variable else ())
            if child["status"] != "trash" and (price := amounts.price_of(child, self._now))
        ]
        price = min(prices, key=float) if prices else amounts.price_of(record, self._now)
        return {
            **self._identity(record),
            **self._money(record, price),
            **self._stock(record, parent),
            **self._shipping(record),
            **self._relations(record),
        }

    def variation(self, record: Record) -> dict[str, Any]:
        """What /products/<parent>/variations shows: one `image` instead of `images`, fewer fields."""
        shown = self.product(record)
        images = shown["images"]
        slim = {name: value for name, value in shown.items() if name not in _VARIATION_HAS_NOT}
        gallery = record.get("gallery_image_ids", [])
        return slim | {"image": images[0] if images else None, "gallery_image_ids": gallery}

    def _identity(self, record: Record) -> dict[str, Any]:
        local, name = self._store.local, record["name"]
        if record["parent_id"] and (options := [one["option"] for one in record["attributes"]]):
            name = f"{name} - {', '.join(options)}"
        return {
            "id": record["id"],
            "name": name,
            "slug": record["slug"],
            "permalink": f"{self._store.url}/product/{record['slug']}/",
            "date_created": local(record["date_created_gmt"]),
            "date_created_gmt": record["date_created_gmt"],
            "date_modified": local(record["date_modified_gmt"]),
            "date_modified_gmt": record["date_modified_gmt"],
            "type": record["type"],
            "status": record["status"],
            "featured": record.get("featured", False),
            "catalog_visibility": record.get("catalog_visibility", "visible"),
            "description": record.get("description", ""),
            "short_description": record.get("short_description", ""),
            "sku": record["sku"],
            "global_unique_id": record["global_unique_id"],
        }

    def _money(self, record: Record, price: str) -> dict[str, Any]:
        local, start, end = self._store.local, record["date_on_sale_from_gmt"], record["date_on_sale_to_gmt"]
        return {
            "price": price,
            "regular_price": record["regular_price"],
            "sale_price": record["sale_price"],
            "date_on_sale_from": local(start),
            "date_on_sale_from_gmt": start,
            "date_on_sale_to": local(end),
            "date_on_sale_to_gmt": end,
            "on_sale": amounts.on_sale(record, self._now),
            "purchasable": bool(price) and record["status"] == "publish",
            "total_sales": 0,
            "virtual": record.get("virtual", False),
            "downloadable": record.get("downloadable", False),
            "downloads": record.get("downloads", []),
            "download_limit": record.get("download_limit", -1),
            "download_expiry": record.get("download_expiry", -1),
            "external_url": record.get("external_url", ""),
            "button_text": record.get("button_text", ""),
            "tax_status": record.get("tax_status", "taxable"),
            "tax_class": record.get("tax_class", ""),
            "price_html": f'<span class="woocommerce-Price-amount amount"><bdi>{price}</bdi></span>' if price else "",
        }

    def _stock(self, record: Record, parent: Record | None) -> dict[str, Any]:
        inherited = parent if amounts.managed_by_parent(record, parent) else None
        of = inherited or record
        status = of["stock_status"]
        if record["type"] == "variable" and not record["manage_stock"] and record["id"] in self._store.variations:
            children = [child["stock_status"] for child in self._store.children(record["id"])]
            status = next((one for one in ("instock", "onbackorder") if one in children), "outofstock")
        return {
            "manage_stock": "parent" if inherited else record["manage_stock"],
            "stock_quantity": of["stock_quantity"],
            "stock_status": status,
            "backorders": of["backorders"],
            "backorders_allowed": of["backorders"] != "no",
            "backordered": status == "onbackorder",
            "low_stock_amount": record["low_stock_amount"],
            "sold_individually": record.get("sold_individually", False),
        }

    def _shipping(self, record: Record) -> dict[str, Any]:
        virtual = record.get("virtual", False)
        return {
            "weight": record.get("weight", ""),
            "dimensions": record["dimensions"],
            "shipping_required": not virtual,
            "shipping_taxable": not virtual,
            "shipping_class": record.get("shipping_class", ""),
            "shipping_class_id": 0,
            "reviews_allowed": record.get("reviews_allowed", True),
            "average_rating": "0.00",
            "rating_count": 0,
            "upsell_ids": record.get("upsell_ids", []),
            "cross_sell_ids": record.get("cross_sell_ids", []),
            "parent_id": record["parent_id"],
            "purchase_note": record.get("purchase_note", ""),
        }

    def _relations(self, record: Record) -> dict[str, Any]:
        store = self._store
        terms = {
            name: [
                {"id": one, "name": term["name"], "slug": term["slug"]}
                for one in record[name]
                if (term := store.terms[name].get(one)) is not None
            ]
            for name in ("categories", "brands", "tags")
        }
        return {
            **terms,
            "images": [self.image(store.media[one]) for one in record["images"]],
            "attributes": record["attributes"],
            "default_attributes": record.get("default_attributes", []),
            "variations": list(store.variations.get(record["id"], ())),
            "grouped_products": record.get("grouped_products", []),
            "menu_order": record.get("menu_order", 0),
            "related_ids": [],
            "meta_data": record["meta_data"],
            "has_options": record["type"] == "variable",
            "post_password": record.get("post_password", ""),
        }

    def image(self, media: Record) -> dict[str, Any]:
        at = media["date_gmt"]
        dates = {name: at if name.endswith("_gmt") else self._store.local(at) for name in _MEDIA_DATES}
        return {"id": media["id"], **dates, "src": media["src"], "name": media["name"], "alt": media["alt"]}
