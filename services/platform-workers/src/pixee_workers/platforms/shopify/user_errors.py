"""What every `userErrors` code means for the item it names, as data, one table for each mutation.

Each row says in which section of the sheet (../shared/platforms/shopify.md) it stands, or that the schema's enum names it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pixee_common.domain.reasons import ReasonCode

_PUSH, _STOCK, _SCHEMA = "Push products", "Push stock", "schema 2026-10"


class Step(StrEnum):
    """What follows for the item that a user error names."""

    REJECT = "reject"
    AGAIN = "again"
    """Transient: the same once more."""
    FORGET_PRODUCT = "forget_product"
    """The product is gone: its listing is dropped, and the next attempt creates it."""
    FORGET_VARIANT = "forget_variant"
    FORGET_IDS = "forget_ids"
    """An id that we remembered (location, collection, file, definition) is gone: it is forgotten, and the item tried again."""
    FAULT_WAIT = "fault_wait"
    """The whole call waits and is repeated with the same key."""
    NEW_KEY = "new_key"
    """The whole call is repeated with another idempotency key."""
    BROKEN = "broken"
    """A mistake of ours: the whole call stops and an engineer is told."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a user error code means. `field`: the catalog's field where the platform's own path says less."""

    step: Step
    reason: ReasonCode
    source: str
    field: str | None = None


_INVALID = Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA)
_MISSING = Verdict(Step.REJECT, ReasonCode.MISSING_FIELD, _SCHEMA)
_BROKEN = Verdict(Step.BROKEN, ReasonCode.CONTRACT_BROKEN, _SCHEMA)
_PLATFORM_SAYS_NO = Verdict(Step.REJECT, ReasonCode.REFUSED_BY_PLATFORM, _SCHEMA)

PRODUCT_SET: Mapping[str, Verdict] = {
    "CANNOT_COMBINE_LINKED_AND_NONLINKED_OPTION_VALUES": _PLATFORM_SAYS_NO,
    "CAPABILITY_VIOLATION": Verdict(Step.REJECT, ReasonCode.BELONGS_TO_ANOTHER, _SCHEMA, "key"),
    "DUPLICATED_METAFIELD_VALUE": Verdict(Step.REJECT, ReasonCode.BELONGS_TO_ANOTHER, _SCHEMA, "key"),
    "DUPLICATED_OPTION_NAME": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "options"),
    "DUPLICATED_OPTION_VALUE": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _PUSH, "options"),
    "DUPLICATED_VALUE": _INVALID,
    "DUPLICATE_LINKED_OPTION": _PLATFORM_SAYS_NO,
    "GENERIC_ERROR": Verdict(Step.AGAIN, ReasonCode.UNAVAILABLE, _PUSH),
    "GIFT_CARDS_NOT_ACTIVATED": _PLATFORM_SAYS_NO,
    "GIFT_CARD_ATTRIBUTE_CANNOT_BE_CHANGED": _PLATFORM_SAYS_NO,
    "HANDLE_NOT_UNIQUE": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _PUSH, "url"),
    "ID_NOT_ALLOWED": _BROKEN,
    "INPUT_MISMATCH": Verdict(Step.BROKEN, ReasonCode.CONTRACT_BROKEN, _PUSH),
    "INVALID_INPUT": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _PUSH),
    "INVALID_METAFIELD": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _PUSH, "attributes"),
    "INVALID_METAFIELD_VALUE_FOR_LINKED_OPTION": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "options"),
    "INVALID_PRODUCT": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _PUSH),
    "INVALID_VARIANT": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _PUSH),
    "INVENTORY_QUANTITIES_LIMIT_EXCEEDED": Verdict(Step.REJECT, ReasonCode.VARIANT_LIMIT, _SCHEMA, "variants"),
    "JOB_ERROR": Verdict(Step.AGAIN, ReasonCode.UNAVAILABLE, _PUSH),
    "LINKED_METAFIELD_DEFINITION_NOT_FOUND": _PLATFORM_SAYS_NO,
    "LINKED_OPTIONS_NOT_SUPPORTED_FOR_SHOP": _PLATFORM_SAYS_NO,
    "METAFIELD_MISMATCH": Verdict(Step.BROKEN, ReasonCode.CONTRACT_BROKEN, _PUSH),
    "MISSING_FIELD_REQUIRED": Verdict(Step.REJECT, ReasonCode.MISSING_FIELD, _PUSH),
    "NOT_FOUND": Verdict(Step.FORGET_IDS, ReasonCode.NOT_FOUND_AT_SHOP, _PUSH),
    "OPTIONS_OVER_LIMIT": Verdict(Step.REJECT, ReasonCode.OPTION_LIMIT, _SCHEMA, "options"),
    "OPTION_DOES_NOT_EXIST": _INVALID,
    "OPTION_VALUES_MISSING": _MISSING,
    "OPTION_VALUES_OVER_LIMIT": Verdict(Step.REJECT, ReasonCode.OPTION_LIMIT, _PUSH, "options"),
    "OPTION_VALUE_DOES_NOT_EXIST": _INVALID,
    "PRODUCT_DOES_NOT_EXIST": Verdict(Step.FORGET_PRODUCT, ReasonCode.NOT_FOUND_AT_SHOP, _PUSH),
    "PRODUCT_OPTIONS_INPUT_MISSING": Verdict(Step.BROKEN, ReasonCode.CONTRACT_BROKEN, _PUSH),
    "PRODUCT_SUSPENDED": Verdict(Step.REJECT, ReasonCode.SUSPENDED_BY_PLATFORM, _PUSH),
    "PRODUCT_VARIANT_DOES_NOT_EXIST": Verdict(Step.FORGET_VARIANT, ReasonCode.NOT_FOUND_AT_SHOP, _SCHEMA),
    "VARIANTS_INPUT_MISSING": Verdict(Step.BROKEN, ReasonCode.CONTRACT_BROKEN, _PUSH),
    "VARIANTS_OVER_LIMIT": Verdict(Step.REJECT, ReasonCode.VARIANT_LIMIT, _PUSH, "variants"),
}
"""productSet, by `userErrors[].code`."""

SET_QUANTITIES: Mapping[str, Verdict] = {
    "CHANGE_FROM_QUANTITY_STALE": Verdict(Step.AGAIN, ReasonCode.UNAVAILABLE, _STOCK),
    "COMPARE_QUANTITY_REQUIRED": _BROKEN,
    "COMPARE_QUANTITY_STALE": Verdict(Step.AGAIN, ReasonCode.UNAVAILABLE, _SCHEMA),
    "IDEMPOTENCY_CONCURRENT_REQUEST": Verdict(Step.FAULT_WAIT, ReasonCode.THROTTLED, _STOCK),
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": Verdict(Step.BROKEN, ReasonCode.CONTRACT_BROKEN, _STOCK),
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": Verdict(Step.NEW_KEY, ReasonCode.UNAVAILABLE, _STOCK),
    "INVALID_INVENTORY_ITEM": Verdict(Step.FORGET_VARIANT, ReasonCode.NOT_FOUND_AT_SHOP, _SCHEMA),
    "INVALID_LOCATION": Verdict(Step.FORGET_IDS, ReasonCode.LOCATION_UNKNOWN, _SCHEMA, "location_id"),
    "INVALID_NAME": _BROKEN,
    "INVALID_QUANTITY_NEGATIVE": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _STOCK, "quantity"),
    "INVALID_QUANTITY_TOO_HIGH": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "quantity"),
    "INVALID_QUANTITY_TOO_LOW": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "quantity"),
    "INVALID_REASON": Verdict(Step.BROKEN, ReasonCode.CONTRACT_BROKEN, _STOCK),
    "INVALID_REFERENCE_DOCUMENT": _BROKEN,
    "ITEM_NOT_STOCKED_AT_LOCATION": Verdict(Step.REJECT, ReasonCode.LOCATION_UNKNOWN, "Which API"),
    "NON_MUTABLE_INVENTORY_ITEM": _PLATFORM_SAYS_NO,
    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR": Verdict(Step.REJECT, ReasonCode.SKU_DUPLICATE, _SCHEMA, "sku"),
}
"""inventorySetQuantities, by `userErrors[].code`. All or nothing: what a code does not name is sent again without the rest."""

SET_PRICES: Mapping[str, Verdict] = {
    "BLANK": _MISSING,
    "CANNOT_SET_NAME_FOR_LINKED_OPTION_VALUE": _PLATFORM_SAYS_NO,
    "CANNOT_SPECIFY_BOTH": _BROKEN,
    "GREATER_THAN_OR_EQUAL_TO": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "price"),
    "INVALID_INPUT": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "price"),
    "INVALID_VALUE": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "price"),
    "INVENTORY_QUANTITIES_LIMIT_EXCEEDED": _BROKEN,
    "LOCAL_CURRENCY_GIFT_CARD_PRICE_MUST_BE_ZERO": _PLATFORM_SAYS_NO,
    "MUST_BE_FOR_THIS_PRODUCT": Verdict(Step.FORGET_VARIANT, ReasonCode.NOT_FOUND_AT_SHOP, _SCHEMA),
    "MUST_SPECIFY_ONE_OF_PAIR": _BROKEN,
    "NEED_TO_ADD_OPTION_VALUES": _PLATFORM_SAYS_NO,
    "NEGATIVE_PRICE_VALUE": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "price"),
    "NOT_DEFINED_FOR_SHOP": _PLATFORM_SAYS_NO,
    "NO_INVENTORY_QUANTITES_DURING_UPDATE": _BROKEN,
    "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE": _BROKEN,
    "OPTION_DOES_NOT_EXIST": _PLATFORM_SAYS_NO,
    "OPTION_VALUES_FOR_NUMBER_OF_UNKNOWN_OPTIONS": _PLATFORM_SAYS_NO,
    "OPTION_VALUE_DOES_NOT_EXIST": _PLATFORM_SAYS_NO,
    "OPTION_VALUE_NAME_TOO_LONG": _PLATFORM_SAYS_NO,
    "PRODUCT_DOES_NOT_EXIST": Verdict(Step.FORGET_PRODUCT, ReasonCode.NOT_FOUND_AT_SHOP, _SCHEMA),
    "PRODUCT_SUSPENDED": Verdict(Step.REJECT, ReasonCode.SUSPENDED_BY_PLATFORM, _SCHEMA),
    "PRODUCT_VARIANT_DOES_NOT_EXIST": Verdict(Step.FORGET_VARIANT, ReasonCode.NOT_FOUND_AT_SHOP, _SCHEMA),
    "PRODUCT_VARIANT_ID_MISSING": _BROKEN,
    "SUBSCRIPTION_VIOLATION": _PLATFORM_SAYS_NO,
    "TOO_LONG": _INVALID,
    "TOO_SHORT": _INVALID,
    "UNSUPPORTED_COMBINED_LISTING_PARENT_OPERATION": _PLATFORM_SAYS_NO,
    "VARIANT_ALREADY_EXISTS": _PLATFORM_SAYS_NO,
}
"""productVariantsBulkUpdate, by `userErrors[].code`. Partial: what a code does not name was written."""

ADD_PRICES: Mapping[str, Verdict] = {
    "BLANK": _MISSING,
    "LOCAL_CURRENCY_GIFT_CARD_ISSUANCE_CURRENCY_MISMATCH": _PLATFORM_SAYS_NO,
    "LOCAL_CURRENCY_GIFT_CARD_LIMIT_EXCEEDED": _PLATFORM_SAYS_NO,
    "PRICE_LIST_CURRENCY_MISMATCH": Verdict(Step.REJECT, ReasonCode.CURRENCY_MISMATCH, "Push prices", "price"),
    "PRICE_LIST_NOT_FOUND": Verdict(Step.REJECT, ReasonCode.MISSING_MAPPING, _SCHEMA, "price_list_id"),
    "PRICE_NOT_FIXED": _BROKEN,
    "VARIANT_NOT_FOUND": Verdict(Step.FORGET_VARIANT, ReasonCode.NOT_FOUND_AT_SHOP, _SCHEMA),
}
"""priceListFixedPricesAdd, by `userErrors[].code`. Whether the others were written is not known: they are sent again."""

METAFIELDS_SET: Mapping[str, Verdict] = {
    "APP_NOT_AUTHORIZED": Verdict(Step.REJECT, ReasonCode.PERMISSION_MISSING, _SCHEMA, "attributes"),
    "BLANK": Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "attributes"),
    "CAPABILITY_VIOLATION": Verdict(Step.REJECT, ReasonCode.BELONGS_TO_ANOTHER, _SCHEMA, "key"),
}
"""metafieldsSet, by `userErrors[].code`; every other code is the fault of an attribute's value."""

TRANSLATE: Mapping[str, Verdict] = {
    "BLANK": Verdict(Step.REJECT, ReasonCode.MISSING_FIELD, _SCHEMA),
    "FAILS_RESOURCE_VALIDATION": _INVALID,
    "INVALID": _INVALID,
    "INVALID_CODE": Verdict(Step.REJECT, ReasonCode.MISSING_MAPPING, _SCHEMA, "translated_locales"),
    "INVALID_FORMAT": Verdict(Step.REJECT, ReasonCode.MISSING_MAPPING, _SCHEMA, "translated_locales"),
    "INVALID_KEY_FOR_MODEL": _BROKEN,
    "INVALID_LOCALE_FOR_MARKET": _BROKEN,
    "INVALID_LOCALE_FOR_SHOP": Verdict(Step.FORGET_IDS, ReasonCode.MISSING_MAPPING, _SCHEMA, "translated_locales"),
    "INVALID_MARKET_LOCALIZABLE_CONTENT": _BROKEN,
    "INVALID_TRANSLATABLE_CONTENT": Verdict(Step.AGAIN, ReasonCode.UNAVAILABLE, "Push products: digest changes"),
    "INVALID_VALUE_FOR_HANDLE_TRANSLATION": _BROKEN,
    "MARKET_CUSTOM_CONTENT_NOT_ALLOWED": _BROKEN,
    "MARKET_DOES_NOT_EXIST": _BROKEN,
    "MARKET_LOCALE_CREATION_FAILED": _BROKEN,
    "RESOURCE_NOT_FOUND": Verdict(Step.AGAIN, ReasonCode.NOT_FOUND_AT_SHOP, _SCHEMA),
    "RESOURCE_NOT_MARKET_CUSTOMIZABLE": _BROKEN,
    "RESOURCE_NOT_TRANSLATABLE": _PLATFORM_SAYS_NO,
    "TOO_MANY_KEYS_FOR_RESOURCE": Verdict(Step.REJECT, ReasonCode.TOO_BIG, _SCHEMA),
}
"""translationsRegister and translationsRemove, by `userErrors[].code`; we name neither markets nor handles."""

OTHER_METAFIELD = Verdict(Step.REJECT, ReasonCode.INVALID_VALUE, _SCHEMA, "attributes")
OTHER = _PLATFORM_SAYS_NO
"""A code that the tables do not know, or none at all: the platform's message tells."""
