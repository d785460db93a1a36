"""The JSON schema of a product type: asked for with the seller's token, kept by its checksum, used to judge before Amazon does.

Sheet, "Push products", PTD: the schema is not public, its address is presigned, and its checksum says whether it changed. One
schema serves creates and updates: for an update what is missing does not count, since a PATCH leaves the rest as it is.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.files import fetched
from pixee_workers.platforms.amazon_sp_api.judging import Schema
from pixee_workers.platforms.amazon_sp_api.manifest import DEFINITION
from pixee_workers.platforms.amazon_sp_api.marketplaces import language_of, marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import DEFINITIONS, ask, contract_broken
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import Refusal

_FRESH = timedelta(hours=6)
_MOST_KEPT = 24
_KEY = "schema:"


async def schema_of(context: CallContext, product_type: str, requirements: str = wire.LISTING) -> Schema | Refusal:
    """The schema, from memory while it is fresh. A refusal where Amazon does not know the product type."""
    place, language = marketplace_of(context.settings).id, language_of(context.settings)
    key = f"{_KEY}{place}:{language}:{requirements}:{product_type}"
    kept: tuple[datetime, Schema] | None = context.memory.get(key)
    if kept is not None and context.now() - kept[0] < _FRESH:
        return kept[1]
    try:
        told = await _definition(context, product_type, requirements)
    except PlatformFault as fault:
        if fault.kind is not FaultKind.REFUSED:
            raise
        message = f"Amazon does not know the product type {product_type} in this marketplace: map another one."
        return Refusal(ReasonCode.MISSING_MAPPING, message, "product_types")
    link = told.get("schema") or {}
    checksum = str(link.get("checksum") or "")
    if kept is not None and checksum and kept[1].checksum == checksum:
        made = kept[1]
    else:
        made = await _downloaded(context, product_type, str(told.get("displayName") or product_type), link)
    _remember(context, key, made)
    return made


async def _definition(context: CallContext, product_type: str, requirements: str) -> Mapping[str, Any]:
    query = {
        "marketplaceIds": marketplace_of(context.settings).id,
        "sellerId": context.settings.extra.get("seller_id", ""),
        "requirements": requirements,
        "requirementsEnforced": "ENFORCED",
    }
    told, _ = await ask(context, "GET", f"{DEFINITIONS}/{product_type}", label=DEFINITION, query=query)
    if not isinstance(told, Mapping):
        raise contract_broken("a product type's definition is no object")
    return told


async def _downloaded(context: CallContext, product_type: str, title: str, link: Mapping[str, Any]) -> Schema:
    address = (link.get("link") or {}).get("resource")
    if not isinstance(address, str):
        raise contract_broken("a product type comes without its schema")
    raw, _ = await fetched(context, {"url": address}, label="schema")
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise contract_broken("a product type's schema is no JSON") from None
    if not isinstance(document, dict):
        raise contract_broken("a product type's schema is no object")
    return Schema(product_type, title, str(link.get("checksum") or ""), document)


def _remember(context: CallContext, key: str, made: Schema) -> None:
    """Schemas are large: only the last ones that were used are kept."""
    context.memory.pop(key, None)
    kept = [one for one in context.memory if one.startswith(_KEY)]
    for old in kept[: max(0, len(kept) - _MOST_KEPT + 1)]:
        context.memory.pop(old, None)
    context.memory[key] = (context.now(), made)
