"""/products and /products/<parent>/variations."""

from collections.abc import Mapping
from typing import Any

from pixee_simulators.woocommerce import arguments, queries
from pixee_simulators.woocommerce.arguments import Argument
from pixee_simulators.woocommerce.errors import WooError
from pixee_simulators.woocommerce.product_write import variation_at_products
from pixee_simulators.woocommerce.store import Record
from pixee_simulators.woocommerce.visit import Answer, Visit


class Products:
    accepts: Mapping[str, Argument] = arguments.PRODUCT
    required: tuple[str, ...] = ()
    list_accepts: Mapping[str, Argument] = arguments.PRODUCTS_LIST

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    def search(self) -> Answer:
        visit = self._visit
        page, headers = queries.page(queries.products(visit.store, visit.query), visit.query, visit.url)
        return Answer([visit.wire.product(one) for one in page], headers=headers)

    def get(self, number: int) -> dict[str, Any]:
        return self._visit.wire.product(self._found(number, 404))

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        _note(self._visit, body)
        return self._done(self._visit.writer.create_product(body), created=1)

    def update(self, number: int, body: dict[str, Any]) -> dict[str, Any]:
        _note(self._visit, body, number)
        return self._done(self._visit.writer.update_product(self._found(number, 400), body), updated=1)

    def delete(self, number: int, *, force: bool) -> dict[str, Any]:
        _note(self._visit, {}, number)
        record = self._found(number, 404)
        if record["parent_id"]:
            raise variation_at_products()
        if not force:
            return self._done(_trashed(self._visit, record), deleted=1)
        shown = self._visit.wire.product(record)
        variants = len(shown["variations"])
        self._visit.writer.delete(record)
        self._visit.changes.append(("deleted", number))
        self._visit.call.committed(deleted=1, what="product")
        self._visit.call.committed(deleted=variants, what="variant")
        return shown

    def _found(self, number: int, status: int) -> Record:
        record = self._visit.store.products.get(number)
        if record is None:
            raise WooError("woocommerce_rest_product_invalid_id", "Invalid ID.", status)
        return record

    def _done(self, record: Record, **counts: int) -> dict[str, Any]:
        self._visit.call.committed(what="product", **counts)
        self._visit.changes.extend((event, int(record["id"])) for event in counts)
        return self._visit.wire.product(record)


class Variations:
    """Of one parent. That an unknown parent is 404 "Invalid ID." is our reading; the sheet does not say."""

    accepts: Mapping[str, Argument] = arguments.VARIATION
    required: tuple[str, ...] = ()
    list_accepts: Mapping[str, Argument] = arguments.VARIATIONS_LIST

    def __init__(self, visit: Visit, parent_id: int) -> None:
        parent = visit.store.products.get(parent_id)
        if parent is None or parent["parent_id"]:
            raise WooError("woocommerce_rest_product_invalid_id", "Invalid ID.", 404)
        self._visit = visit
        self._parent_id = parent_id

    @property
    def _parent(self) -> Record:
        return self._visit.store.products[self._parent_id]

    def search(self) -> Answer:
        visit = self._visit
        found = queries.variations(visit.store, self._parent_id, visit.query)
        page, headers = queries.page(found, visit.query, visit.url)
        return Answer([visit.wire.variation(one) for one in page], headers=headers)

    def get(self, number: int) -> dict[str, Any]:
        return self._visit.wire.variation(self._found(number, 404))

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        _note(self._visit, body)
        return self._done(self._visit.writer.create_variation(self._parent, body), created=1)

    def update(self, number: int, body: dict[str, Any]) -> dict[str, Any]:
        _note(self._visit, body, number)
        record = self._found(number, 400)
        return self._done(self._visit.writer.update_variation(record, self._parent, body), updated=1)

    def delete(self, number: int, *, force: bool) -> dict[str, Any]:
        _note(self._visit, {}, number)
        record = self._found(number, 404)
        if not force:
            return self._done(_trashed(self._visit, record), deleted=1)
        shown = self._visit.wire.variation(record)
        self._visit.writer.delete(record)
        self._visit.changes.append(("updated", self._parent_id))
        self._visit.call.committed(deleted=1, what="variant")
        return shown

    def _found(self, number: int, status: int) -> Record:
        record = self._visit.store.products.get(number)
        if record is None or record["parent_id"] != self._parent_id:
            raise WooError("woocommerce_rest_product_variation_invalid_id", "Invalid ID.", status)
        return record

    def _done(self, record: Record, **counts: int) -> dict[str, Any]:
        self._visit.call.committed(what="variant", **counts)
        self._visit.changes.extend((event, int(record["id"])) for event in counts)
        self._visit.changes.append(("updated", self._parent_id))
        return self._visit.wire.variation(record)


def _note(visit: Visit, body: dict[str, Any], number: int = 0) -> None:
    """What the request was about, for the request log: its SKU as sent, else the SKU of the object named by id."""
    record = visit.store.products.get(number)
    sku = body.get("sku") or (record["sku"] if record else "")
    visit.call.touched(skus=[str(sku)] if sku else [], ids=[number] if number else [])


def _trashed(visit: Visit, record: Record) -> Record:
    if record["status"] == "trash":
        raise WooError("woocommerce_rest_already_trashed", "The product has already been deleted.", 410)
    return visit.writer.trash(record)
