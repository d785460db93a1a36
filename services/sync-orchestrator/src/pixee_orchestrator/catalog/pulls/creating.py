"""A new product of the catalog out of a shop's one. Pure; what the catalog cannot hold is refused with a reason."""

from pydantic import ValidationError

from pixee_common.domain.gtin import gtin_is_valid
from pixee_common.domain.product import (
    LARGEST_QUANTITY,
    UNDETERMINED_LOCALE,
    Media,
    Option,
    Product,
    ProductStatus,
    StockLevel,
    Variant,
)
from pixee_orchestrator.catalog.pulls.pages import PulledProduct, PulledVariant, amount

__all__ = ["new_product", "possible_names", "refusal_text"]


def possible_names(pulled: PulledProduct, platform: str) -> set[str]:
    """Every key and SKU that a creation might choose, to be looked up in the catalog beforehand."""
    first_sku = pulled.variants[0].sku
    keys = {key for key in (pulled.our_key, first_sku, _fallback(platform, pulled.external_id)) if key}
    return keys | {f"{key}-{_tail(one.external_id)}" for key in keys for one in pulled.variants if not one.sku}


def new_product(
    pulled: PulledProduct, *, platform: str, locale: str | None, currency: str | None, taken_keys: frozenset[str]
) -> Product:
    """The product as the catalog would hold it.

    Raises:
        ValidationError: the domain does not allow it (a SKU with a slash, variants that nothing tells apart, …).
    """
    tag = locale or UNDETERMINED_LOCALE
    first_sku = pulled.variants[0].sku
    fallback = _fallback(platform, pulled.external_id)
    key = next(
        (key for key in (pulled.our_key, first_sku) if key and key not in taken_keys and _may_be_key(key)), fallback
    )
    names = pulled.options
    return Product(
        key=key,
        names={tag: pulled.title.strip() or key},
        descriptions={tag: pulled.description} if pulled.description else {},
        brand=pulled.brand,
        categories=pulled.categories,
        status=_status(pulled.status),
        options=tuple(
            Option(
                name=name, values=tuple(dict.fromkeys(v.options[name] for v in pulled.variants if name in v.options))
            )
            for name in names
        ),
        media=tuple(Media(url=url) for url in pulled.images if len(url) <= 2048),
        variants=tuple(_variant(one, key, names, currency, len(pulled.variants)) for one in pulled.variants),
    )


def _status(told: str) -> ProductStatus:
    """What a shop has that knows no states is for sale; what it calls by a word that is none of ours is not put up elsewhere."""
    if not told:
        return ProductStatus.ACTIVE
    return ProductStatus(told) if told in set(ProductStatus) else ProductStatus.DRAFT


def refusal_text(error: ValidationError) -> str:
    """Why the domain refuses it, for a merchant."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'product'}: {one['msg']}" for one in found[:3])


def _variant(one: PulledVariant, key: str, names: tuple[str, ...], currency: str | None, siblings: int) -> Variant:
    price = amount(one.price) if currency else None
    ean_is_good = bool(one.ean and gtin_is_valid(one.ean))
    held = one.quantity is not None and abs(one.quantity) <= LARGEST_QUANTITY
    return Variant(
        sku=one.sku or (key if siblings == 1 else f"{key}-{_tail(one.external_id)}"),
        ean=one.ean if ean_is_good else None,
        ean_given=one.ean if one.ean and not ean_is_good else None,
        options={name: value for name, value in one.options.items() if name in names},
        base_price=price,
        compare_at_price=amount(one.compare_at_price) if price else None,
        currency=currency if price else None,
        stock=(StockLevel(quantity=one.quantity),) if held and one.quantity is not None else (),
    )


def _may_be_key(text: str) -> bool:
    return text == text.strip() and len(text) <= 100 and "/" not in text and text.isprintable()


def _fallback(platform: str, external_id: str) -> str:
    return f"{platform}-{_tail(external_id)}"


def _tail(external_id: str) -> str:
    return external_id.rpartition("/")[2]
