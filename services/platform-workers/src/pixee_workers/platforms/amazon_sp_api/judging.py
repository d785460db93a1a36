"""A product type's schema as a judge: what Amazon would refuse of some attributes, and in which words a merchant is told. Pure.

A check costs a millisecond, most of it for what every product of a merchant says alike (brand, country, condition). So each attribute
is checked by itself, and a value that fitted once is not checked again; what binds attributes together is checked every time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError

from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import wire
from pixee_workers.platforms.amazon_sp_api.manifest import OFFER, STOCK
from pixee_workers.platforms.amazon_sp_api.shaping import part_of
from pixee_workers.sync_base.outcomes import Refusal

_MOST_TOLD = 5
_LONGEST = 200
_MOST_REMEMBERED = 10_000
_ABSENCES = frozenset({"required", "anyOf", "oneOf", "dependentRequired", "if", "allOf"})
_OF_ATTRIBUTES = frozenset({"properties", "additionalProperties"})
_OUTSIDE = frozenset({"$id", "$schema", "$defs", "definitions"})


class Schema:
    """A product type's schema, compiled. `checksum` is Amazon's; `document` has no references any more."""

    def __init__(self, product_type: str, title: str, checksum: str, document: Mapping[str, Any]) -> None:
        self.product_type = product_type
        self.title = title
        self.checksum = checksum
        self.document: Mapping[str, Any] = _plain(document, document)
        whole = {name: value for name, value in self.document.items() if name not in _OF_ATTRIBUTES}
        self._whole = Draft201909Validator(whole)
        self._each: dict[str, Draft201909Validator] = {}
        self._fitted: set[tuple[str, bytes]] = set()

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The schema of every attribute, by its name."""
        return self.document.get("properties") or {}

    def refusal(
        self, sku: str, attributes: Mapping[str, Any], *, partly: bool, without: Sequence[str] = ()
    ) -> Refusal | None:
        """What Amazon would refuse. `partly`: what is missing does not count; `without`: neither do these, if missing."""
        together = (one for error in self._whole.iter_errors(attributes) for one in _of_whole(error))
        found = [one for one in together if not ((partly or one.name in without) and one.is_absence)]
        for name, value in attributes.items():
            found += self._of_attribute(name, value)
        if not found:
            return None
        told = " ".join(dict.fromkeys(one.words for one in found[:_MOST_TOLD]))
        more = f" And {len(found) - _MOST_TOLD} more." if len(found) > _MOST_TOLD else ""
        return Refusal(found[0].reason, f"{sku} as {self.product_type}: {told}{more}", found[0].name)

    def _of_attribute(self, name: str, value: Any) -> list["_Broken"]:
        if name not in self.attributes:
            if self.document.get("additionalProperties", True) is not False:
                return []
            words = f"{name}: {self.product_type} has no such attribute."
            return [_Broken(name, words, ReasonCode.INVALID_VALUE, is_absence=False)]
        key = (name, orjson.dumps(value))
        if key in self._fitted:
            return []
        if name not in self._each:
            self._each[name] = Draft201909Validator(self.attributes[name])
        errors = list(self._each[name].iter_errors(value))
        if not errors:
            if len(self._fitted) >= _MOST_REMEMBERED:
                self._fitted.clear()
            self._fitted.add(key)
        return [_Broken(name, f"{name}: {_said(one)}.", _reason(one), is_absence=False) for one in errors]


@dataclass(frozen=True, slots=True)
class _Broken:
    name: str
    words: str
    reason: ReasonCode
    is_absence: bool


def _plain(schema: Any, document: Mapping[str, Any], inside: tuple[str, ...] = ()) -> Any:
    """The schema with what it refers to in place of its references, which take most of a check's time.

    A reference to another address, or into itself, says nothing: nothing is ever fetched while the schema is used.
    """
    if isinstance(schema, list):
        return [_plain(one, document, inside) for one in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in inside or not reference.startswith("#/"):
            return {}
        target = part_of(schema, (), document)
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return _plain({**target, **beside}, document, (*inside, reference))
    return {name: _plain(value, document, inside) for name, value in schema.items() if name not in _OUTSIDE}


def _of_whole(error: ValidationError) -> Iterator[_Broken]:
    """An error of what binds the attributes together, as the attributes that it is about."""
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
        named = re.findall(r"'([a-z0-9_]+)'", error.message)
        name = named[0] if named else "attributes"
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
