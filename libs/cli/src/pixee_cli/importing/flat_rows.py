"""Rows of cells become one product: a row of its own, or the rows of one group with a variant each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from pixee_cli.importing import amounts, texts
from pixee_cli.importing.fields import ColumnMap
from pixee_cli.importing.files import Row
from pixee_cli.importing.options import ImportOptions
from pixee_cli.importing.problems import RowRefused, Warned
from pixee_common.domain.gtin import gtin_is_valid
from pixee_common.domain.measures import Weight
from pixee_common.domain.product import (
    Attribute,
    Condition,
    Media,
    Option,
    Product,
    ProductKey,
    ProductStatus,
    Sku,
    StockLevel,
    Variant,
)

_SKU: TypeAdapter[str] = TypeAdapter(Sku)
_KEY: TypeAdapter[str] = TypeAdapter(ProductKey)
Word = TypeVar("Word", ProductStatus, Condition)


@dataclass(slots=True)
class Cells:
    """One row, read through the mapping; what was changed on the way is in `warned`."""

    row: Row
    columns: ColumnMap
    warned: set[Warned] = field(default_factory=set)

    def text(self, name: str) -> str:
        column = self.columns.columns.get(name)
        return "" if column is None else cell_text(self.row.cells.get(column), name)

    def plain(self, name: str) -> str:
        return texts.plain(self.text(name), self.warned)


def cell_text(value: Any, name: str) -> str:
    """A cell of CSV, or a scalar or list of scalars of JSON, as text.

    Raises:
        RowRefused: it is something else.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int | Decimal):
        return str(value)
    if isinstance(value, list):
        return "|".join(cell_text(one, name) for one in value)
    raise RowRefused("value_misshapen", f"{name} must be a text, a number or a list of them", name)


def sku_of(cells: Cells) -> str:
    """The row's SKU, as given.

    Raises:
        RowRefused: none, or one that cannot be a SKU.
    """
    given = cells.text("sku")
    if not given:
        raise RowRefused("sku_missing", "the SKU is empty: every variant needs one", "sku")
    return _checked(_SKU, given, "sku")


def product_of(rows: Sequence[Cells], options: ImportOptions, key: str | None) -> Product:
    """One product with a variant for each row; the first row speaks for the product. `key`: the group's.

    Raises:
        RowRefused: why it cannot be a product of the catalog.
    """
    first, locale = rows[0], options.locale
    sku = sku_of(first)
    product_key = _checked(_KEY, key or first.text("key") or sku, "key")
    name = first.plain("name")
    if not name:
        first.warned.add(Warned.NAME_FALLBACK)
        name = f"Product {product_key}"
    described = texts.markup(first.text("description_html"), first.warned) or texts.paragraph(
        first.text("description"), first.warned
    )
    several = key is not None
    found_options, values = _options(rows) if several else ((), [{} for _ in rows])
    variants = [_variant(cells, options, value, several) for cells, value in zip(rows, values, strict=True)]
    try:
        return Product(
            key=product_key,
            names={locale: name},
            descriptions=_said(locale, described),
            short_descriptions=_said(locale, first.plain("short_description")),
            seo_titles=_said(locale, first.plain("seo_title")),
            seo_descriptions=_said(locale, first.plain("seo_description")),
            attributes=_attributes(first, locale),
            brand=next(iter(texts.parts(first.plain("brand"), ",|")), None),
            categories=tuple(texts.parts(one, ">") for one in texts.parts(first.plain("categories"), ",;|")),
            tags=texts.parts(first.plain("tags"), ",|"),
            status=_choice(ProductStatus, first.text("status"), "status", ProductStatus.ACTIVE),
            product_type=first.plain("product_type") or None,
            tax_class=first.plain("tax_class") or None,
            condition=_choice(Condition, first.text("condition"), "condition", Condition.NEW),
            url=first.text("url") or None,
            options=found_options,
            media=_pictures(first),
            variants=tuple(variants),
        )
    except ValidationError as error:
        raise RowRefused("invalid", amounts.said(error)) from None


def _variant(cells: Cells, options: ImportOptions, values: Mapping[str, str], several: bool) -> Variant:
    sku, ean = sku_of(cells), cells.text("ean")
    valid = bool(ean) and gtin_is_valid(ean)
    if ean and not valid:
        cells.warned.add(Warned.EAN_SET_ASIDE)
    amount, stock = _price_and_stock(cells, options, sku)
    before = cells.text("compare_at_price")
    cost = cells.text("cost")
    priced = {
        "base_price": amount,
        "compare_at_price": amounts.price(before, "compare_at_price") if before else None,
        "cost": amounts.price(cost, "cost") if cost else None,
    }
    currency = amounts.currency(cells.text("currency"), options.currency, strict=options.currency_given)
    try:
        return Variant(
            sku=sku,
            ean=ean if valid else None,
            ean_given=ean if ean and not valid else None,
            options=values,
            media=_pictures(cells)[:1] if several else (),
            weight=_weight(cells, options),
            currency=currency if any(value is not None for value in priced.values()) else None,
            stock=() if stock is None else (StockLevel(quantity=stock),),
            **priced,
        )
    except ValidationError as error:
        raise RowRefused("invalid", amounts.said(error)) from None


def _price_and_stock(cells: Cells, options: ImportOptions, sku: str) -> tuple[Decimal | None, int | None]:
    price, stock = cells.text("price"), cells.text("stock")
    amount = amounts.price(price, "price") if price else None
    pieces = amounts.quantity(stock) if stock else None
    if options.derive_price_stock:
        amount = amounts.derived_price(sku) if amount is None else amount
        pieces = amounts.derived_stock(sku) if pieces is None else pieces
    return amount, pieces


def _options(rows: Sequence[Cells]) -> tuple[tuple[Option, ...], list[dict[str, str]]]:
    """The options of a group (a column that is empty in all its rows is none), and each row's values."""
    names = [name for name in rows[0].columns.named("option") if any(cells.text(f"option:{name}") for cells in rows)]
    values = [{name: cells.plain(f"option:{name}") for name in names} for cells in rows]
    for cells, value in zip(rows, values, strict=True):
        empty = [name for name, text in value.items() if not text]
        if empty:
            raise RowRefused(
                "option_missing",
                f"line {cells.row.line} gives no value for the option {empty[0]}",
                f"option:{empty[0]}",
            )
    seen = [tuple(value.items()) for value in values]
    doubled = next((cells for place, cells in enumerate(rows) if seen[place] in seen[:place]), None)
    if doubled is not None and len(rows) > 1:
        raise RowRefused("options_doubled", f"line {doubled.row.line} has the same options as a variant before it")
    made = [Option(name=name, values=tuple(dict.fromkeys(value[name] for value in values))) for name in names]
    return tuple(made), values


def _attributes(cells: Cells, locale: str) -> tuple[Attribute, ...]:
    found = []
    for name in cells.columns.named("attribute"):
        values = texts.parts(cells.plain(f"attribute:{name}"), "|")
        if values:
            found.append(Attribute(code=name, values={locale: values}))
    return tuple(found)


def _pictures(cells: Cells) -> tuple[Media, ...]:
    kept = []
    for url in cells.text("image").replace("|", " ").split():
        if _is_web(url):
            kept.append(Media(url=url))
        else:
            cells.warned.add(Warned.IMAGE_SET_ASIDE)
    return tuple(kept)


def _is_web(url: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.hostname) and len(url) <= 2048


def _weight(cells: Cells, options: ImportOptions) -> Weight | None:
    given = cells.text("weight")
    if not given:
        return None
    return Weight(value=amounts.price(given, "weight"), unit=options.weight_unit)


def _choice(words: type[Word], given: str, name: str, default: Word) -> Word:
    if not given:
        return default
    try:
        return words(given.lower())
    except ValueError:
        raise RowRefused("value_unknown", f"{name} '{given}' is none of {', '.join(words)}", name) from None


def _checked(adapter: TypeAdapter[str], given: str, name: str) -> str:
    try:
        return adapter.validate_python(given)
    except ValidationError as error:
        raise RowRefused(f"{name}_invalid", f"{name} '{given[:60]}': {amounts.said(error)}", name) from None


def _said(locale: str, text: str) -> dict[str, str]:
    return {locale: text} if text else {}
