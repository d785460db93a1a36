"""The JSON schema of a product type: asked for with the seller's token, kept by its checksum, used to judge before Amazon does.

Sheet, "Push products", PTD: the schema is not public, its address is presigned, and its checksum says whether it changed. One
schema serves creates and updates: for an update what is missing does not count, since a PATCH leaves the rest as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.files import fetched
from pixee_workers.platforms.amazon_sp_api.manifest import DEFINITION, OFFER, STOCK
from pixee_workers.platforms.amazon_sp_api.marketplaces import language_of, marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import DEFINITIONS, ask, contract_broken
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import Refusal

_FRESH = timedelta(hours=6)
_MOST_KEPT = 24
_MOST_TOLD = 5
_LONGEST = 200
_ABSENCES = frozenset({"required", "anyOf", "oneOf", "dependentRequired", "if", "allOf"})
_KEY = "schema:"


@dataclass(frozen=True, slots=True)
class Schema:
    """A product type's schema, compiled. `checksum` is Amazon's."""

    product_type: str
    title: str
    checksum: str
    document: Mapping[str, Any]
    validator: Draft201909Validator

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The schema of every attribute, by its name."""
        return self.document.get("properties") or {}

    def refusal(
        self, sku: str, attributes: Mapping[str, Any], *, partly: bool, without: Sequence[str] = ()
    ) -> Refusal | None:
        """What Amazon would refuse. `partly`: what is missing does not count; `without`: neither do these, if missing."""
        found = [
            one
            for error in self.validator.iter_errors(attributes)
            for one in _broken(error)
            if not ((partly or one.name in without) and one.is_absence)
        ]
        if not found:
            return None
        told = " ".join(dict.fromkeys(one.words for one in found[:_MOST_TOLD]))
        more = f" And {len(found) - _MOST_TOLD} more." if len(found) > _MOST_TOLD else ""
        return Refusal(found[0].reason, f"{sku} as {self.product_type}: {told}{more}", found[0].name)


@dataclass(frozen=True, slots=True)
class _Broken:
    name: str
    words: str
    reason: ReasonCode
    is_absence: bool


async def schema_of(context: CallContext, product_type: str) -> Schema | Refusal:
    """The schema, from memory while it is fresh. A refusal where Amazon does not know the product type."""
    key = f"{_KEY}{marketplace_of(context.settings).id}:{language_of(context.settings)}:{product_type}"
    kept: tuple[datetime, Schema] | None = context.memory.get(key)
    if kept is not None and context.now() - kept[0] < _FRESH:
        return kept[1]
    try:
        told = await _definition(context, product_type)
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


async def _definition(context: CallContext, product_type: str) -> Mapping[str, Any]:
    query = {
        "marketplaceIds": marketplace_of(context.settings).id,
        "sellerId": context.settings.extra.get("seller_id", ""),
        "requirements": wire.LISTING,
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
    document = _local(document)
    return Schema(product_type, title, str(link.get("checksum") or ""), document, Draft201909Validator(document))


def _remember(context: CallContext, key: str, made: Schema) -> None:
    """Schemas are large: only the last ones that were used are kept."""
    context.memory.pop(key, None)
    kept = [one for one in context.memory if one.startswith(_KEY)]
    for old in kept[: max(0, len(kept) - _MOST_KEPT + 1)]:
        context.memory.pop(old, None)
    context.memory[key] = (context.now(), made)


def _local(schema: Any) -> Any:
    """The schema without references to other addresses: nothing is ever fetched while it is used."""
    if isinstance(schema, list):
        return [_local(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str) and not schema["$ref"].startswith("#"):
        return {}
    return {name: _local(value) for name, value in schema.items() if name not in {"$id", "$schema"}}


def _broken(error: ValidationError) -> Iterator[_Broken]:
    """An error as the attributes that it is about."""
    if error.context and error.validator in {"anyOf", "oneOf"} and not error.absolute_path:
        names = [name for one in error.context for name in _missing(one)]
        yield _absent(names[0] if names else "attributes", names)
        return
    if error.absolute_path:
        name = str(error.absolute_path[0])
        yield _Broken(name, f"{name}: {_said(error)}.", _reason(error), is_absence=False)
        return
    missing = _missing(error)
    for name in missing:
        yield _absent(name, [name])
    if not missing:
        strange = re.findall(r"'([a-z0-9_]+)'", error.message) if error.validator == "additionalProperties" else []
        name = strange[0] if strange else "attributes"
        yield _Broken(name, f"{name}: {_said(error)}.", ReasonCode.INVALID_VALUE, error.validator in _ABSENCES)


def _missing(error: ValidationError) -> list[str]:
    if error.validator != "required" or not isinstance(error.instance, Mapping):
        return []
    wanted = error.validator_value
    return [name for name in wanted if name not in error.instance] if isinstance(wanted, list) else []


def _absent(name: str, names: Sequence[str]) -> _Broken:
    if name == OFFER:
        return _Broken(name, "It has no price.", ReasonCode.NO_PRICE, is_absence=True)
    if name == STOCK:
        return _Broken(name, "It has no stock level.", ReasonCode.NO_STOCK_RECORD, is_absence=True)
    if name in {wire.EAN, wire.EXEMPTION}:
        words = "Give it an EAN, or set the connector's without_ean to exempt."
        return _Broken("ean", words, ReasonCode.MISSING_FIELD, is_absence=True)
    named = " or ".join(dict.fromkeys(names))
    words = f"Amazon demands {named}: fill it in, or map it in the connector's mapping."
    return _Broken(name, words, ReasonCode.MISSING_FIELD, is_absence=True)


def _reason(error: ValidationError) -> ReasonCode:
    return ReasonCode.MISSING_FIELD if error.validator in {"minItems", "minLength"} else ReasonCode.INVALID_VALUE


def _said(error: ValidationError) -> str:
    return error.message if len(error.message) <= _LONGEST else f"{error.message[:_LONGEST]}…"
