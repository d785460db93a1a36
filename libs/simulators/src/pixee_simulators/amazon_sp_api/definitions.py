"""The Product Type Definitions API 2020-09-01: which types there are, and where the schema of one lies."""

import base64
import hashlib
from typing import Any

import orjson
from aiohttp import web

from pixee_simulators.amazon_sp_api import presigned
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.errors import invalid_input, not_found
from pixee_simulators.amazon_sp_api.product_types import (
    META_SCHEMA,
    OFFER_ATTRIBUTES,
    RELATIONSHIP_ATTRIBUTES,
    SETS,
    TYPES,
    VERSION,
    ProductType,
    schema_of,
)
from pixee_simulators.amazon_sp_api.regions import MARKETPLACES
from pixee_simulators.amazon_sp_api.visit import Answer, Visit
from pixee_simulators.kit import Call, Violation

_LIFETIME_S = 7 * 24 * 3600
_ENFORCED = ("ENFORCED", "NOT_ENFORCED")
_LEVELS = ("NONE", "CHILD", "PARENT")
_META: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "$id": META_SCHEMA,
    "$vocabulary": {"https://json-schema.org/draft/2019-09/vocab/core": True},
    "allOf": [{"$ref": "https://json-schema.org/draft/2019-09/schema"}],
}


def search(visit: Visit) -> Answer:
    """All types, those of a keyword, or those that an item's name suggests; PRODUCT when nothing fits a name."""
    marketplaces, keywords, name = visit.marketplaces(), visit.listed("keywords"), visit.query.get("itemName")
    if keywords and name:
        raise invalid_input("Invalid 'keywords' provided.", "keywords and itemName exclude each other")
    words = {word.lower() for text in [*keywords, name or ""] for word in text.split()}
    found = [one for one in TYPES.values() if not words or words & {one.name.lower(), *one.keywords}]
    if name and not found:
        found = [TYPES["PRODUCT"]]
    told = [{"name": one.name, "displayName": one.title, "marketplaceIds": marketplaces} for one in found]
    return Answer({"productTypes": told, "productTypeVersion": VERSION})


def get(visit: Visit) -> Answer:
    [marketplace] = visit.marketplaces(most=1)
    if "sellerId" in visit.query:
        visit.own(visit.query["sellerId"])
    kind = TYPES.get(visit.path["product_type"])
    if kind is None or visit.query.get("productTypeVersion", "LATEST") not in {"LATEST", VERSION}:
        raise not_found(f"Product type '{visit.path['product_type']}' not found.")
    requirements = visit.chosen("requirements", SETS, "LISTING")
    enforced = visit.chosen("requirementsEnforced", _ENFORCED, "ENFORCED")
    parentage = visit.chosen("parentageLevel", _LEVELS, "NONE") if "parentageLevel" in visit.query else "ANY"
    locale = visit.query.get("locale", "DEFAULT")
    return Answer(
        {
            "metaSchema": _link(visit, "meta/meta/meta/meta/meta"),
            "schema": _link(visit, f"{kind.name}/{marketplace}/{requirements}/{enforced}/{parentage}"),
            "requirements": requirements,
            "requirementsEnforced": enforced,
            "propertyGroups": _groups(kind),
            "locale": MARKETPLACES[marketplace].language if locale == "DEFAULT" else locale,
            "marketplaceIds": [marketplace],
            "productType": kind.name,
            "displayName": kind.title,
            "productTypeVersion": {"version": VERSION, "latest": True, "releaseCandidate": False},
        },
    )


def downloaded(request: web.Request, call: Call[Account], now: float) -> tuple[web.Response, list[Violation]]:
    """A schema at its presigned address."""
    breaches = []
    if presigned.leaks_token(request.headers):
        breaches.append(Violation("leaked_token", "headers", "a token was sent to a presigned address"))
    if (refused := presigned.refusal(request, content_type="", now=now)) is not None:
        return refused, breaches
    content = _content(request.path.split("/", 2)[2])
    return web.Response(body=content, content_type="application/json"), breaches


def _link(visit: Visit, name: str) -> dict[str, Any]:
    path = f"/{visit.account.host}/{name}"
    url = presigned.address(presigned.SCHEMAS_HOST, path, method="GET", now=visit.now, lifetime=_LIFETIME_S)
    checksum = hashlib.md5(_content(name), usedforsecurity=False).digest()
    return {"link": {"resource": url, "verb": "GET"}, "checksum": base64.b64encode(checksum).decode()}


def _content(name: str) -> bytes:
    kind, marketplace, requirements, enforced, parentage = name.split("/")
    if kind == "meta":
        return orjson.dumps(_META)
    level = None if parentage == "ANY" else parentage
    return orjson.dumps(schema_of(kind, marketplace, requirements, enforced == "ENFORCED", level))


def _groups(kind: ProductType) -> dict[str, Any]:
    """How Amazon's own forms sort the attributes."""
    sorted_names: dict[str, list[str]] = {"product_details": [], "images": [], "offer": [], "variations": []}
    for name in kind.attributes:
        group = "product_details"
        if name in OFFER_ATTRIBUTES:
            group = "offer"
        elif name in RELATIONSHIP_ATTRIBUTES or name in {"parentage_level", "variation_theme"}:
            group = "variations"
        elif "image_locator" in name:
            group = "images"
        sorted_names[group].append(name)
    titles = {group: group.replace("_", " ").title() for group in sorted_names}
    return {
        group: {"title": titles[group], "description": titles[group], "propertyNames": names}
        for group, names in sorted_names.items()
        if names
    }
