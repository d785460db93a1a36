"""Categories, brands, tags, global attributes and their terms."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pixee_simulators.woocommerce import arguments, coercion, queries
from pixee_simulators.woocommerce.arguments import Argument
from pixee_simulators.woocommerce.errors import WooError
from pixee_simulators.woocommerce.product_terms import add_term, find_term, terms_of
from pixee_simulators.woocommerce.store import UNCATEGORIZED, Record
from pixee_simulators.woocommerce.visit import Answer, Visit

_LONGEST_SLUG = 28


class Terms:
    """One taxonomy: `categories`, `brands`, `tags` or the terms of an attribute."""

    accepts: Mapping[str, Argument] = arguments.TERM
    required: tuple[str, ...] = ("name",)
    list_accepts: Mapping[str, Argument] = arguments.TERMS_LIST

    def __init__(self, visit: Visit, taxonomy: str) -> None:
        self._visit = visit
        self._taxonomy = taxonomy
        self._terms = visit.store.terms[taxonomy]

    def search(self) -> Answer:
        visit = self._visit
        found = queries.terms(self._terms.values(), visit.query)
        counts = self._counts()
        if coercion.boolean(visit.query.get("hide_empty", False)):
            found = [one for one in found if counts[one["id"]]]
        page, headers = queries.page(found, visit.query, visit.url)
        return Answer([self._wire(one, counts) for one in page], headers=headers)

    def get(self, number: int) -> dict[str, Any]:
        return self._wire(self._found(number))

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """A second one of that name under that parent: `term_exists` with the first one's id [live]."""
        if not coercion.text(body.get("name")):
            raise WooError("empty_term_name", "A name is required for this term.")
        parent = coercion.integer(body.get("parent"))
        if parent and parent not in self._terms:
            raise WooError("woocommerce_rest_term_invalid", "Parent term does not exist.", 404)
        if (other := find_term(self._visit.store, self._taxonomy, str(body["name"]), parent=parent)) is not None:
            message = "A term with the name provided already exists with this parent."
            raise WooError("term_exists", message, resource_id=other["id"])
        return self._wire(add_term(self._visit.store, self._taxonomy, body), Counter())

    def update(self, number: int, body: dict[str, Any]) -> dict[str, Any]:
        term = dict(self._found(number))
        if "name" in body:
            term["name"] = coercion.term_name(body["name"])
        if "parent" in body:
            term["parent"] = coercion.integer(body["parent"])
        term |= {name: coercion.text(body[name]) for name in ("slug", "description") if name in body}
        self._terms[number] = term
        return self._wire(term)

    def delete(self, number: int, *, force: bool) -> dict[str, Any]:
        term = self._found(number)
        _refuse_trash(force)
        if self._taxonomy == "categories" and number == UNCATEGORIZED:
            raise WooError("woocommerce_rest_cannot_delete", "Default product category cannot be deleted.", 500)
        del self._terms[number]
        return self._wire(term)

    def _found(self, number: int) -> Record:
        if number not in self._terms:
            raise WooError("woocommerce_rest_term_invalid", "Resource does not exist.", 404)
        return self._terms[number]

    def _counts(self) -> Counter[int]:
        """Products by term, in one pass; not kept for terms of attributes."""
        if self._taxonomy.startswith("attribute:"):
            return Counter()
        return Counter(number for one in self._visit.store.products.values() for number in one[self._taxonomy])

    def _wire(self, term: Record, counts: Counter[int] | None = None) -> dict[str, Any]:
        count = (self._counts() if counts is None else counts)[term["id"]]
        shown = {name: term[name] for name in ("id", "name", "slug", "description")}
        if self._taxonomy in {"categories", "brands"}:
            return shown | {
                "parent": term["parent"],
                "display": "default",
                "image": None,
                "menu_order": 0,
                "count": count,
            }
        return shown | ({"menu_order": 0} if self._taxonomy != "tags" else {}) | {"count": count}


class Attributes:
    """Global attributes; their terms are another collection."""

    accepts: Mapping[str, Argument] = arguments.ATTRIBUTE
    required: tuple[str, ...] = ("name",)
    list_accepts: Mapping[str, Argument] = {}

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._attributes = visit.store.attributes

    def search(self) -> Answer:
        """All of them: this list knows no pages."""
        return Answer(list(self._attributes.values()))

    def get(self, number: int) -> dict[str, Any]:
        return self._found(number)

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        name = coercion.text(body.get("name"))
        slug = coercion.slug(coercion.text(body.get("slug")).removeprefix("pa_") or name)
        if not name or len(slug) > _LONGEST_SLUG or self._taken(f"pa_{slug}"):
            raise WooError("woocommerce_rest_cannot_create", _why(name, slug))
        number = self._visit.store.number("attribute")
        self._visit.store.terms[terms_of(number)] = {}
        self._attributes[number] = {
            "id": number,
            "name": name,
            "slug": f"pa_{slug}",
            "type": "select",
            "order_by": body.get("order_by", "menu_order"),
            "has_archives": coercion.boolean(body.get("has_archives", False)),
        }
        return self._attributes[number]

    def update(self, number: int, body: dict[str, Any]) -> dict[str, Any]:
        changed = {name: body[name] for name in ("name", "order_by", "has_archives") if name in body}
        self._attributes[number] = self._found(number) | changed
        return self._attributes[number]

    def delete(self, number: int, *, force: bool) -> dict[str, Any]:
        attribute = self._found(number)
        _refuse_trash(force)
        del self._attributes[number]
        self._visit.store.terms.pop(terms_of(number), None)
        return attribute

    def _found(self, number: int) -> Record:
        if number not in self._attributes:
            raise WooError("woocommerce_rest_taxonomy_invalid", "Resource does not exist.", 404)
        return self._attributes[number]

    def _taken(self, slug: str) -> bool:
        return any(one["slug"] == slug for one in self._attributes.values())


def attribute_terms(visit: Visit, attribute_id: int) -> Terms:
    """The terms of a global attribute; 404 when there is none of that id."""
    if attribute_id not in visit.store.attributes:
        raise WooError("woocommerce_rest_taxonomy_invalid", "Taxonomy does not exist.", 404)
    return Terms(visit, terms_of(attribute_id))


def _why(name: str, slug: str) -> str:
    if not name:
        return "Please, provide an attribute name."
    if len(slug) > _LONGEST_SLUG:
        return f'Slug "{slug}" is too long ({_LONGEST_SLUG} characters max). Shorten it, please.'
    return f'Slug "{slug}" is already in use. Change it, please.'


def _refuse_trash(force: bool) -> None:
    if not force:
        raise WooError("woocommerce_rest_trash_not_supported", "Resource does not support trashing.", 501)
