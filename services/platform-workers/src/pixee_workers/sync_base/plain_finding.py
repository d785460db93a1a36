"""Which of the products that a shop has are ours: the order of proofs that `Adapter.find` owes. Pure.

Given are the shop's products as for a pull; they may be more than fit (a search that compares loosely).
"""

from collections import Counter
from collections.abc import Sequence

from pixee_workers.sync_base.items import Listing, ProductItem, PulledProduct
from pixee_workers.sync_base.outcomes import Finds, Found, Linked


def found_among(items: Sequence[ProductItem], products: Sequence[PulledProduct]) -> Finds:
    """For each item what is there: by our key, else by SKU, else by EAN.

    Several products that fit one item, or one without a key that fits several items, are candidates for a person. A product that
    several look-ups brought (one by key, one by SKU) is one product.
    """
    products = list({one.external_id: one for one in products}.values())
    fitting = {item.id: _fitting(item, products) for item in items}
    claims = Counter(one.external_id for several in fitting.values() for one in several if one.our_key is None)
    return {item.id: _found(item, fitting[item.id], claims) for item in items}


def linked_to(item: ProductItem, product: PulledProduct) -> Linked:
    """The shop's ids for the item: of the product, and by SKU of its variants; those that left the product are gone."""
    own = {one.sku: one for one in product.variants if one.sku}
    there = ((one.id, own[one.variant.sku]) for one in item.variants if one.variant.sku in own)
    variants = {key: Listing(one.external_id, product.external_id, one.refs) for key, one in there}
    return Linked(
        Listing(product.external_id, refs=product.refs), variants, tuple(one.external_id for one in item.gone)
    )


def _fitting(item: ProductItem, products: Sequence[PulledProduct]) -> list[PulledProduct]:
    skus = {one.variant.sku for one in item.variants}
    eans = {one.variant.ean for one in item.variants if one.variant.ean}
    by_key = [one for one in products if one.our_key == item.product.key]
    by_sku = [one for one in products if any(variant.sku in skus for variant in one.variants)]
    # Products of one catalog may share an EAN: what carries another key is another product of ours.
    free = [one for one in products if one.our_key is None]
    return by_key or by_sku or [one for one in free if any(variant.ean in eans for variant in one.variants)]


def _found(item: ProductItem, fitting: Sequence[PulledProduct], claims: Counter[str]) -> Found | None:
    if not fitting:
        return None
    ours = all(one.our_key in {None, item.product.key} for one in fitting)
    if len(fitting) > 1 or claims[fitting[0].external_id] > 1:
        return Found(Linked(), ours, tuple(one.external_id for one in fitting))
    return Found(linked_to(item, fitting[0]), ours)
