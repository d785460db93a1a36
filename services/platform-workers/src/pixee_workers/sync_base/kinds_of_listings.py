"""Which listings an item has, and of which kinds an external id of its may be."""

from pixee_workers.sync_base.items import Listing, ProductItem, PushItem


def kinds_of(item: PushItem | None, external_id: str) -> set[str]:
    """Of which kinds of listing the external id may be: where a product has no parent of its own, of both."""
    if isinstance(item, ProductItem):
        kinds = {kind for kind, listing in all_listings(item) if listing.external_id == external_id}
        return kinds or {"variant"}
    if item is None or item.listing.parent_external_id is None:
        return {"product", "variant"}
    return {"product"} if external_id == item.listing.parent_external_id else {"variant"}


def all_listings(item: ProductItem) -> list[tuple[str, Listing]]:
    """(kind, listing) of the product and of all its variants, those that left it included."""
    variants = [variant.listing for variant in item.variants if variant.listing is not None]
    own = [] if item.listing is None else [("product", item.listing)]
    return [*own, *(("variant", listing) for listing in (*variants, *item.gone))]
