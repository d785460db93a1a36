"""What Amazon changes by its own rules, so that catalog and marketplace are compared as these rules say. Pure.

* A title has 75 characters; the rest of a longer one, from a space on, stands apart as the item's highlights.
* A variant's options are attributes, under the names that the merchant mapped them to.
* There are no drafts: what is listed is for sale as soon as it has a price and a quantity, so only active products are listed.
"""

from collections.abc import Mapping
from dataclasses import replace

from pixee_cli.comparison.amazon_shop import TITLE_PARTS
from pixee_cli.comparison.seen import Contents, SeenProduct, SeenVariant

LONGEST_TITLE = 75
_CUT_OFF = " ,;-–"


def as_listed(catalog: Contents, attributes: Mapping[str, str]) -> Contents:
    """The catalog as Amazon should list it. `attributes`: option's name → Amazon's attribute."""
    active = (one for one in catalog.products if one.status == "active")
    return replace(catalog, products=tuple(_product(one, attributes) for one in active))


def _product(product: SeenProduct, attributes: Mapping[str, str]) -> SeenProduct:
    return replace(
        product,
        title=_title(product.title),
        variants=tuple(_variant(one, attributes) for one in product.variants),
    )


def _variant(variant: SeenVariant, attributes: Mapping[str, str]) -> SeenVariant:
    return replace(variant, options={attributes.get(name, name): value for name, value in variant.options.items()})


def _title(title: str) -> str:
    if len(title) <= LONGEST_TITLE:
        return title
    head = title[: LONGEST_TITLE + 1].rpartition(" ")[0] or title[:LONGEST_TITLE]
    parts = (head.rstrip(_CUT_OFF), title[len(head) :].strip(_CUT_OFF))
    return TITLE_PARTS.join(part for part in parts if part)
