"""What has to be known of a shop before writing: its currency, the location of its stock, our key's definition, collections.

Asked once per connector and process and kept in the context's memory.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.requirements import Choice, Requirements
from pixee_workers.platforms.shopify import cost, mapping, translations, wire
from pixee_workers.platforms.shopify.manifest import (
    API_VERSION,
    PUBLICATION_SCOPES,
    REQUIRED_SCOPES,
    TRANSLATION_SCOPES,
)
from pixee_workers.platforms.shopify.mapping import chosen_location
from pixee_workers.platforms.shopify.requests import ask, contract_broken, payload_of
from pixee_workers.sync_base.calls import CallContext, ConnectorSettings
from pixee_workers.sync_base.outcomes import TestReport

_FACTS = "facts:shop"
_DEFINITION = "definition:key"
_COLLECTION = "collection:"
_LOCATIONS = 50
_COLLECTIONS_READ = 50
_SEARCH_LAG_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Facts:
    """`location`: the GID where quantities are written; null where the shop has no active location."""

    currency: str
    location: str | None


async def test(context: CallContext) -> TestReport:
    """See `Adapter.test`. The platform silently serves another version than one that has ended. `write_x` implies `read_x` (sheet, "Credentials and auth")."""
    data, answer = await ask(context, "test", wire.TEST, {}, cost=4)
    served = answer.headers.get("x-shopify-api-version", API_VERSION)
    if served != API_VERSION:
        raise contract_broken(f"version {served} runs instead of {API_VERSION}")
    scopes = tuple(sorted(one["handle"] for one in data["currentAppInstallation"]["accessScopes"]))
    implied = {*scopes, *(one.replace("write_", "read_", 1) for one in scopes)}
    shop = data["shop"]
    return TestReport(
        shop_identity=shop["myshopifyDomain"],
        shop_name=shop["name"],
        currency=shop["currencyCode"],
        granted_scopes=scopes,
        missing_scopes=tuple(one for one in _needed(context.settings) if one not in implied),
    )


def _needed(settings: ConnectorSettings) -> tuple[str, ...]:
    published = PUBLICATION_SCOPES if mapping.wanted_publications(settings) else ()
    translated = TRANSLATION_SCOPES if translations.named(settings) else ()
    return (*REQUIRED_SCOPES, *published, *translated)


async def describe(context: CallContext) -> Requirements:
    """Active locations, currency, tax mode, weight unit and collections (by title, as a category is mapped)."""
    points = 1 + cost.connection(_LOCATIONS, 1) + cost.connection(wire.PAGE_MAX, 1)
    data, _ = await ask(context, "describe", wire.DESCRIBE, {}, cost=points)
    shop = data["shop"]
    titles = dict.fromkeys(str(one["title"]) for one in data["collections"]["nodes"] if str(one["title"]).strip())
    return Requirements(
        categories=tuple(Choice(code=title, label=title) for title in titles),
        locations=tuple(
            Choice(code=one["id"], label=one["name"]) for one in data["locations"]["nodes"] if one["isActive"]
        ),
        currencies=(shop["currencyCode"],),
        open=("categories",),
        facts={
            "prices_include_tax": "yes" if shop["taxesIncluded"] else "no",
            "weight_unit": shop["weightUnit"],
        },
    )


async def facts(context: CallContext) -> Facts:
    """Currency and location."""
    chosen = chosen_location(context.settings)
    known = context.memory.get(_FACTS)
    if isinstance(known, Facts) and (chosen is None or known.location == chosen):
        return known
    if chosen:
        data, _ = await ask(context, "shop", wire.CURRENCY, {}, cost=1)
        location: str | None = chosen
    else:
        points = 1 + cost.connection(_LOCATIONS, 1)
        data, _ = await ask(context, "shop", wire.CURRENCY_AND_LOCATIONS, {}, cost=points)
        location = _first_location(data["locations"]["nodes"])
    found = Facts(data["shop"]["currencyCode"], location)
    context.memory[_FACTS] = found
    return found


def forget_facts(context: CallContext) -> None:
    """The shop said that one of them is wrong."""
    context.memory.pop(_FACTS, None)


def _first_location(nodes: Iterable[Mapping[str, Any]]) -> str | None:
    """By number, so that every process finds the same: the first that fulfils online orders, else the first active one."""
    active = sorted(
        (one for one in nodes if one["isActive"]),
        key=lambda one: (not one["fulfillsOnlineOrders"], _number(str(one["id"]))),
    )
    return str(active[0]["id"]) if active else None


async def ensure_definition(context: CallContext) -> None:
    """The metafield definition that makes our key an identifier of products; one that is there already is fine."""
    if context.memory.get(_DEFINITION):
        return
    definition = {
        "name": "PIM id",
        "namespace": wire.KEY_NAMESPACE,
        "key": wire.KEY_NAME,
        "type": wire.KEY_TYPE,
        "ownerType": "PRODUCT",
    }
    data, _ = await ask(
        context, "metafieldDefinitionCreate", wire.DEFINE_KEY, {"definition": definition}, cost=cost.MUTATION
    )
    errors = payload_of(data, "metafieldDefinitionCreate")["userErrors"]
    if errors and errors[0]["code"] != "TAKEN":
        raise PlatformFault(
            FaultKind.REFUSED,
            FaultScope.OPERATION,
            ReasonCode.REFUSED_BY_PLATFORM,
            f"Shopify refuses the metafield definition of our product key: {errors[0]['message']}",
        )
    context.memory[_DEFINITION] = True


def forget_everything(context: CallContext) -> None:
    """One of the ids that we remember is wrong, and it is not known which."""
    for key in [one for one in context.memory if one in {_FACTS, _DEFINITION} or one.startswith(_COLLECTION)]:
        context.memory.pop(key, None)


def forget_definition(context: CallContext) -> None:
    """It was deleted at the shop."""
    context.memory.pop(_DEFINITION, None)


async def collection_ids(context: CallContext, titles: Iterable[str]) -> list[str]:
    """The collections of these names, made where the shop has none."""
    return [await _collection(context, title) for title in titles]


def forget_collections(context: CallContext, titles: Iterable[str]) -> None:
    """They were deleted at the shop."""
    for title in titles:
        context.memory.pop(f"{_COLLECTION}{title}", None)


async def _collection(context: CallContext, title: str) -> str:
    key = f"{_COLLECTION}{title}"
    known = context.memory.get(key)
    if known is None:
        known = context.memory[key] = await _found_collection(context, title) or await _new_collection(context, title)
    return str(known)


async def _found_collection(context: CallContext, title: str) -> str | None:
    """By exact title, else the one that we made of it and the merchant renamed: the search itself compares loosely."""
    handle = _handle(title)
    query = f"title:{quoted(title)} OR handle:{quoted(handle)}"
    data, _ = await ask(
        context, "collections", wire.FIND_COLLECTIONS, {"q": query}, cost=cost.connection(_COLLECTIONS_READ, 1)
    )
    nodes = data["collections"]["nodes"]
    same = [one for one in nodes if one["title"] == title] or [one for one in nodes if one["handle"] == handle]
    return min((str(one["id"]) for one in same), key=_number, default=None)


def _number(gid: str) -> int:
    return int(gid.rsplit("/", 1)[-1])


async def _new_collection(context: CallContext, title: str) -> str:
    """The handle is made from the title, and handles are unique: two that make it at once do not make two."""
    data, _ = await ask(
        context,
        "collectionCreate",
        wire.CREATE_COLLECTION,
        {"collection": {"title": title, "handle": _handle(title)}},
        cost=cost.MUTATION + 1,
    )
    payload = payload_of(data, "collectionCreate")
    errors = payload["userErrors"]
    if not errors and payload["collection"] is not None:
        return str(payload["collection"]["id"])
    if any("handle" in (one["field"] or ()) for one in errors):
        raise PlatformFault(
            FaultKind.THROTTLED,
            FaultScope.SUBMISSION,
            ReasonCode.THROTTLED,
            f"The collection '{title}' was made a moment ago and cannot be found yet.",
            retry_after=_SEARCH_LAG_SECONDS,
        )
    raise PlatformFault(
        FaultKind.REFUSED,
        FaultScope.SUBMISSION,
        ReasonCode.MISSING_MAPPING,
        f"Shopify has no collection '{title}' and refuses to make it: {'; '.join(one['message'] for one in errors)}",
    )


def _handle(title: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]
    return f"{plain}-{hashlib.blake2b(title.encode(), digest_size=3).hexdigest()}".strip("-")


def quoted(value: str) -> str:
    """A value of the search syntax: quotes and backslashes escaped."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
