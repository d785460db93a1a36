"""Which handler answers which path: the table of the simulated part of wc/v3, and one road through it.

The order is WordPress': key checked, route found, arguments checked, then permission - so somebody without a key
sees `rest_no_route` and `rest_invalid_param` before any 401.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pixee_simulators.woocommerce import collection, site
from pixee_simulators.woocommerce.collection import Collection
from pixee_simulators.woocommerce.products import Products, Variations
from pixee_simulators.woocommerce.terms import Attributes, Terms, attribute_terms
from pixee_simulators.woocommerce.visit import Answer, Visit

_WRITES = ("POST", "PUT", "PATCH")
Handler = Callable[[Visit, dict[str, int | str]], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`template` names the route in the request log and in faults, `deed` the permission that a 401 names."""

    template: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]
    deed: str
    handler: Handler


def find(method: str, path: str) -> tuple[Route, dict[str, int | str]] | None:
    """`path` is below `/wp-json/wc/v3`, without the slash at its end."""
    for route in ROUTES:
        if method in route.methods and (match := route.pattern.fullmatch(path)):
            return route, {name: int(text) if text.isdigit() else text for name, text in match.groupdict().items()}
    return None


def template_of(path: str) -> str:
    """The template of a path whatever the method; the path itself when no route has it."""
    return next((route.template for route in ROUTES if route.pattern.fullmatch(path)), path)


def _collection(template: str, make: Callable[[Visit, dict[str, Any]], Collection]) -> list[Route]:
    """The seven routes that every collection has; batch first, since `/batch` must not be taken for an id."""
    item = template + "/{id}"

    def number(found: dict[str, int | str]) -> int:
        return int(found["id"])

    return [
        _route(f"{template}/batch", _WRITES, "batch", lambda visit, at: collection.batch(visit, make(visit, at))),
        _route(template, ("GET", "HEAD"), "list", lambda visit, at: collection.listed(visit, make(visit, at))),
        _route(template, ("POST",), "create", lambda visit, at: collection.create(visit, make(visit, at))),
        _route(item, ("GET", "HEAD"), "view", lambda visit, at: Answer(make(visit, at).get(number(at)))),
        _route(item, _WRITES, "edit", lambda visit, at: collection.update(visit, make(visit, at), number(at))),
        _route(item, ("DELETE",), "delete", lambda visit, at: collection.delete(visit, make(visit, at), number(at))),
    ]


def _route(template: str, methods: tuple[str, ...], deed: str, handler: Handler) -> Route:
    pattern = re.sub(r"\{(id|product_id|attribute_id)\}", r"(?P<\1>\\d+)", template)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[\\w-]+)", pattern)
    return Route(template, re.compile(pattern), methods, deed, handler)


def _terms(taxonomy: str) -> list[Route]:
    return _collection(f"/products/{taxonomy}", lambda visit, _: Terms(visit, taxonomy))


ROUTES: list[Route] = [
    *_terms("categories"),
    *_terms("brands"),
    *_terms("tags"),
    *_collection(
        "/products/attributes/{attribute_id}/terms",
        lambda visit, found: attribute_terms(visit, int(found["attribute_id"])),
    ),
    *_collection("/products/attributes", lambda visit, _: Attributes(visit)),
    *_collection(
        "/products/{product_id}/variations",
        lambda visit, found: Variations(visit, int(found["product_id"])),
    ),
    *_collection("/products", lambda visit, _: Products(visit)),
    *_collection("/webhooks", lambda visit, _: site.Webhooks(visit)),
    _route("/data/currencies/current", ("GET",), "list", lambda visit, _: site.currency(visit)),
    _route("/taxes/classes", ("GET",), "list", lambda visit, _: site.tax_classes(visit)),
    _route("/system_status", ("GET",), "list", lambda visit, _: site.system_status(visit)),
    _route(
        "/settings/{group}/{name}",
        ("GET",),
        "list",
        lambda visit, found: site.setting(visit, str(found["group"]), str(found["name"])),
    ),
]
