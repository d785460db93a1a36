"""What a schema refuses, in words for a merchant."""

from typing import Any

import pytest

from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api.judging import Schema

TEXT: dict[str, Any] = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/text"}}
DOCUMENT: dict[str, Any] = {
    "$schema": "https://schemas.amazon.com/meta",
    "$defs": {
        "text": {
            "type": "object",
            "required": ["value"],
            "properties": {"value": {"type": "string", "maxLength": 5}, "parts": {"$ref": "#/$defs/text"}},
        }
    },
    "type": "object",
    "properties": {
        "brand": TEXT,
        "color": TEXT,
        "level": {"items": {"properties": {"value": {"enum": ["parent", "child"]}}}},
        "elsewhere": {"$ref": "https://elsewhere.example/schema.json"},
        "purchasable_offer": {},
        "fulfillment_availability": {},
        "externally_assigned_product_identifier": {},
        "merchant_suggested_asin": {},
    },
    "additionalProperties": False,
    "required": ["brand", "purchasable_offer", "fulfillment_availability"],
    "anyOf": [{"required": ["externally_assigned_product_identifier"]}, {"required": ["merchant_suggested_asin"]}],
    "allOf": [
        {
            "if": {
                "required": ["level"],
                "properties": {"level": {"contains": {"properties": {"value": {"const": "child"}}}}},
            },
            "then": {"required": ["color"]},
        }
    ],
}
GOOD: dict[str, Any] = {
    "brand": [{"value": "Pixee"}],
    "purchasable_offer": [{}],
    "fulfillment_availability": [{}],
    "merchant_suggested_asin": [{}],
}


def _schema() -> Schema:
    return Schema("THING", "Thing", "sum", DOCUMENT)


def test_what_fits_is_not_refused_and_stays_so() -> None:
    schema = _schema()
    assert schema.refusal("S", GOOD, partly=False) is None
    assert schema.refusal("S", GOOD, partly=False) is None


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"brand": None}, ReasonCode.MISSING_FIELD, "brand"),
        ({"brand": []}, ReasonCode.MISSING_FIELD, "brand"),
        ({"brand": [{"value": "longer than five"}]}, ReasonCode.INVALID_VALUE, "brand"),
        ({"brand": [{"value": "a", "parts": {"value": "b", "parts": 7}}]}, None, None),
        ({"taste": [{"value": "x"}]}, ReasonCode.INVALID_VALUE, "taste"),
        ({"purchasable_offer": None}, ReasonCode.NO_PRICE, "purchasable_offer"),
        ({"fulfillment_availability": None}, ReasonCode.NO_STOCK_RECORD, "fulfillment_availability"),
        ({"merchant_suggested_asin": None}, ReasonCode.MISSING_FIELD, "ean"),
        ({"level": [{"value": "child"}]}, ReasonCode.MISSING_FIELD, "color"),
        ({"level": [{"value": "parent"}]}, None, None),
        ({"level": [{"value": "uncle"}]}, ReasonCode.INVALID_VALUE, "level"),
        ({"elsewhere": {"anything": True}}, None, None),
    ],
)
def test_each_breach_has_its_reason_and_its_attribute(
    changes: dict[str, Any], reason: ReasonCode | None, field: str | None
) -> None:
    attributes = {name: value for name, value in (GOOD | changes).items() if value is not None}
    found = _schema().refusal("S", attributes, partly=False)
    assert (found.reason if found else None, found.field if found else None) == (reason, field)


def test_in_an_update_nothing_is_missing_but_what_is_wrong_is_wrong() -> None:
    schema = _schema()
    assert schema.refusal("S", {"color": [{"value": "red"}]}, partly=True) is None
    found = schema.refusal("S", {"color": [{"value": "much too long"}]}, partly=True)
    assert found is not None
    assert found.field == "color"


def test_what_need_not_be_there_is_not_missed() -> None:
    attributes = {name: value for name, value in GOOD.items() if name != "purchasable_offer"}
    assert _schema().refusal("S", attributes, partly=False, without=("purchasable_offer",)) is None


def test_everything_that_is_wrong_is_told_at_once() -> None:
    without = {name: value for name, value in GOOD.items() if name != "brand"}
    found = _schema().refusal("S", without | {"taste": 1, "color": []}, partly=False)
    assert found is not None
    assert all(word in found.message for word in ("brand", "taste", "color", "S as THING"))
