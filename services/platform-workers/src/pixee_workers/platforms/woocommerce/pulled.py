"""A product as the shop has it, in our words: pure. Names come without HTML entities, prices as the customer pays them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pixee_workers.platforms.woocommerce.mapping import STATUSES, VARIABLE
from pixee_workers.platforms.woocommerce.wire import ProductRow, key_of, text
from pixee_workers.sync_base.items import PulledProduct, PulledVariant

_STATUS = {wire: ours.value for ours, (wire, _) in STATUSES.items()}


def pulled_product(
    row: ProductRow, variations: Sequence[ProductRow], paths: Mapping[int, tuple[str, ...]]
) -> PulledProduct:
    """A product row with its variation rows. `paths`: category id to path; a category not in it keeps its bare name.

    A grouped product has nothing of its own to sell and is left out by the caller; `pending` and `future` count as draft.
    """
    variable = row.get("type") == VARIABLE
    categories = [paths.get(one["id"]) or (text(one.get("name")),) for one in row.get("categories") or ()]
    brands = row.get("brands") or []
    images = [text(image.get("src")) for image in row.get("images") or ()]
    return PulledProduct(
        external_id=str(row["id"]),
        our_key=key_of(row.get("meta_data")),
        title=text(row.get("name")),
        description=row.get("description") or None,
        brand=text(brands[0].get("name")) if brands else None,
        status=_STATUS.get(row.get("status", ""), "draft"),
        updated_at=moment_of(row.get("date_modified_gmt")),
        variants=tuple(pulled_variant(one) for one in variations) if variable else (pulled_variant(row),),
        options=tuple(
            text(one.get("name")) for one in row.get("attributes") or () if variable and one.get("variation")
        ),
        images=tuple(images),
        categories=tuple(categories),
    )


def pulled_variant(row: ProductRow) -> PulledVariant:
    """A simple product or a variation. A quantity is told only where the shop manages it."""
    price, compare_at = _prices(row)
    managed = row.get("manage_stock") is True
    options = {text(one.get("name")): text(one["option"]) for one in row.get("attributes") or () if "option" in one}
    return PulledVariant(
        external_id=str(row["id"]),
        sku=row.get("sku") or None,
        ean=row.get("global_unique_id") or None,
        options=options,
        price=price,
        compare_at_price=compare_at,
        quantity=row.get("stock_quantity") if managed else None,
    )


def _prices(row: ProductRow) -> tuple[str | None, str | None]:
    """(price, compare-at). A sale that is planned or over (`on_sale` false) is no sale."""
    regular, sale = row.get("regular_price") or None, row.get("sale_price") or None
    if sale is not None and row.get("on_sale", True):
        return sale, regular
    return regular, None


def moment_of(value: str | None) -> datetime | None:
    """A `…_gmt` time, which comes without a zone."""
    return datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC) if value else None
