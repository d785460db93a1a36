"""Categories, brands, tags and attributes as products name them: by id, replaced wholesale, unknown ones dropped."""

from typing import Any

from pixee_simulators.woocommerce import coercion
from pixee_simulators.woocommerce.store import Record, Store


def terms_of(attribute_id: int) -> str:
    """The key of a global attribute's terms in `Store.terms`."""
    return f"attribute:{attribute_id}"


def term_ids(store: Store, taxonomy: str, given: Any) -> list[int]:
    """The known ones; an unknown id is dropped without a word [live]."""
    wanted = [coercion.integer(one.get("id")) for one in coercion.objects(given)]
    return [one for one in dict.fromkeys(wanted) if one in store.terms[taxonomy]]


def add_term(store: Store, taxonomy: str, body: Record) -> Record:
    """A new term, name encoded; the caller has made sure that it is new."""
    name = coercion.term_name(body.get("name"))
    number = store.number("term")
    taken = {term["slug"] for term in store.terms[taxonomy].values()}
    wish = slug = coercion.slug(body.get("slug") or name.replace("&amp;", "")) or str(number)
    suffix = 2
    while slug in taken:
        slug, suffix = f"{wish}-{suffix}", suffix + 1
    term = {
        "id": number,
        "name": name,
        "slug": slug,
        "parent": coercion.integer(body.get("parent")),
        "description": coercion.text(body.get("description")),
    }
    store.terms[taxonomy][number] = term
    return term


def find_term(store: Store, taxonomy: str, name: str, *, parent: int | None = None) -> Record | None:
    """By name without regard to case; among one parent's when given."""
    wanted = coercion.term_name(name).lower()
    return next(
        (
            term
            for term in store.terms[taxonomy].values()
            if term["name"].lower() == wanted and (parent is None or term["parent"] == parent)
        ),
        None,
    )


def product_attributes(store: Store, given: Any) -> list[Record]:
    """Global ones by id, where an unknown option becomes a new term; local ones by name. Others are dropped."""
    kept: list[Record] = []
    for one in coercion.objects(given):
        number = coercion.integer(one.get("id"))
        raw = one.get("options", [])
        options = [coercion.text(option) for option in (raw if isinstance(raw, list) else str(raw).split("|"))]
        if number:
            if number not in store.attributes or not options:
                continue
            name = store.attributes[number]["name"]
            options = [_option(store, number, option) for option in options]
        else:
            name = coercion.text(one.get("name"))
            if not name:
                continue
        kept.append(
            {
                "id": number,
                "name": name,
                "position": coercion.integer(one.get("position", len(kept))),
                "visible": coercion.boolean(one.get("visible", False)),
                "variation": coercion.boolean(one.get("variation", False)),
                "options": options,
            }
        )
    return kept


def variation_attributes(store: Store, parent: Record, given: Any) -> list[Record]:
    """Only what the parent declares with `variation: true`; a global attribute's option by its term."""
    declared = {(one["id"] or one["name"].lower()): one for one in parent["attributes"] if one["variation"]}
    kept: list[Record] = []
    for one in coercion.objects(given):
        number = coercion.integer(one.get("id"))
        found = declared.get(number or coercion.text(one.get("name")).lower())
        if found is None:
            continue
        option = coercion.text(one.get("option"))
        term = find_term(store, terms_of(number), option) if number else None
        kept.append({"id": number, "name": found["name"], "option": term["name"] if term else option})
    return kept


def _option(store: Store, attribute_id: int, option: str) -> str:
    taxonomy = terms_of(attribute_id)
    term = find_term(store, taxonomy, option) or add_term(store, taxonomy, {"name": option})
    return str(term["name"])
