"""The order in which a batch is applied: as few runs as possible, each of which a handful of statements can apply. Pure.

A run is made of changes of one kind. Stock and prices touch nothing but their own SKU, so a batch needs one run of each, however
its changes are mixed, and a SKU may come in it as often as it likes. Products keep their order among themselves. Only where a
product names a SKU does it matter which came first: values that came later wait for the next layer. Within a layer values go
first, so that one for a SKU which a product gives up in the same batch is taken rather than refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pixee_common.events.catalog import PriceChanged, ProductUpserted, StockChanged
from pixee_orchestrator.catalog.changes import Incoming

__all__ = ["runs"]


@dataclass(slots=True)
class _Layer:
    stock: list[Incoming] = field(default_factory=list)
    prices: list[Incoming] = field(default_factory=list)
    products: list[Incoming] = field(default_factory=list)


def runs(incoming: Sequence[Incoming]) -> Iterator[list[Incoming]]:
    """The changes of one account, given in the order in which they came."""
    for layer in _layers(incoming):
        if layer.stock:
            yield layer.stock
        if layer.prices:
            yield layer.prices
        yield from _product_runs(layer.products)


def _layers(incoming: Sequence[Incoming]) -> list[_Layer]:
    layers = [_Layer()]
    first_for: dict[str, int] = {}
    """The first layer that values of a SKU may stand in: the one behind the last product that names it."""
    last_of: dict[str, int] = {}
    """The last layer that has values of a SKU."""
    products_in = 0
    for one in incoming:
        change = one.event.change
        if isinstance(change, StockChanged | PriceChanged):
            place = max(first_for.get(change.sku, 0), last_of.get(change.sku, 0))
            last_of[change.sku] = place
        elif isinstance(change, ProductUpserted):
            skus = [variant.sku for variant in change.product.variants]
            place = products_in = max(products_in, *(last_of.get(sku, 0) for sku in skus)) if skus else products_in
            first_for.update(dict.fromkeys(skus, place + 1))
        else:
            place = products_in
        if place == len(layers):
            layers.append(_Layer())
        layer = layers[place]
        if isinstance(change, StockChanged):
            layer.stock.append(one)
        elif isinstance(change, PriceChanged):
            layer.prices.append(one)
        else:
            layer.products.append(one)
    return layers


def _product_runs(products: Sequence[Incoming]) -> Iterator[list[Incoming]]:
    """Cut where the kind changes or a product comes a second time."""
    run: list[Incoming] = []
    seen: set[str] = set()
    for one in products:
        if run and (one.event.change.action != run[0].event.change.action or one.entity in seen):
            yield run
            run, seen = [], set()
        run.append(one)
        seen.add(one.entity)
    if run:
        yield run
