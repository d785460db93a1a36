"""Languages of the shop and translations of products. Setting `locales`: list of `{locale, name?, primary?, published?}`, default English.

A translation names the digest of the text that it translates; when that text changes the translation stays, outdated. A call is all or
nothing, takes 100 translations and refuses the shop's own language (all three unverified). Only products can be translated here.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import gid, number_of
from pixee_simulators.shopify.pages import Page, page, sort
from pixee_simulators.shopify.planted import planted
from pixee_simulators.shopify.records import Product, Translation, UserError
from pixee_simulators.shopify.variants import TEXT_MAX
from pixee_simulators.shopify.wire import Fields, Info, at, context_of

AT_ONCE = 100
_SOURCES = {
    "title": ("title", "SINGLE_LINE_TEXT_FIELD"),
    "body_html": ("description_html", "HTML"),
    "handle": ("handle", "URI"),
    "product_type": ("product_type", "SINGLE_LINE_TEXT_FIELD"),
    "meta_title": ("seo_title", "SINGLE_LINE_TEXT_FIELD"),
    "meta_description": ("seo_description", "SINGLE_LINE_TEXT_FIELD"),
}
Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """A product seen as something to translate."""

    product: Product


def locales(context: Context, arguments: Given) -> list[Given]:
    """`shopLocales`."""
    listed = context.settings.get("locales", [{"locale": "en", "primary": True}])
    every = [
        {
            "locale": str(one["locale"]),
            "name": str(one.get("name", one["locale"])),
            "primary": bool(one.get("primary", False)),
            "published": bool(one.get("published", True)),
        }
        for one in listed
    ]
    return [one for one in every if one["published"] or not arguments.get("published")]


def resource(context: Context, arguments: Given) -> Resource | None:
    """`translatableResource`."""
    product = _product(context, arguments["resourceId"])
    return None if product is None else Resource(product)


def resources(context: Context, arguments: Given) -> Page[Resource]:
    """`translatableResources`."""
    return _page(list(context.store.products.values()), arguments)


def resources_by_ids(context: Context, arguments: Given) -> Page[Resource]:
    """`translatableResourcesByIds`; what does not exist is left out."""
    every = (_product(context, one) for one in dict.fromkeys(arguments["resourceIds"]))
    return _page([one for one in every if one is not None], arguments)


def register(context: Context, arguments: Given) -> Given:
    """`translationsRegister`: creates and replaces."""
    product = _product(context, arguments["resourceId"])
    given = arguments["translations"]
    if product is None:
        return _refused(UserError("RESOURCE_NOT_FOUND", ["resourceId"], "Resource does not exist"))
    if len(given) > AT_ONCE:
        message = f"Too many translation keys for the resource, the maximum is {AT_ONCE}"
        return _refused(UserError("TOO_MANY_KEYS_FOR_RESOURCE", ["resourceId"], message))
    for index, one in enumerate(given):
        if found := _fault(context, product, one, ["translations", str(index)]):
            return _refused(found)
    if found := planted(context, "translationsRegister", _names(product)):
        return _refused(found)
    written = [
        Translation(one["locale"], one["key"], one["value"], one["translatableContentDigest"], context.second)
        for one in given
    ]
    replaced = {(one.locale, one.key) for one in written}
    product.translations = [one for one in product.translations if (one.locale, one.key) not in replaced] + written
    context.work.commit("translation", "updated", len(written))
    return {"translations": [_shown(product, one) for one in written], "userErrors": []}


def remove(context: Context, arguments: Given) -> Given:
    """`translationsRemove`; one that is not there needs no removing."""
    product = _product(context, arguments["resourceId"])
    if product is None:
        return _refused(UserError("RESOURCE_NOT_FOUND", ["resourceId"], "Resource does not exist"))
    for index, locale in enumerate(arguments["locales"]):
        if found := _locale_fault(context, locale, ["locales", str(index)]):
            return _refused(found)
    for index, key in enumerate(arguments["translationKeys"]):
        if key not in _SOURCES:
            path = ["translationKeys", str(index)]
            return _refused(UserError("INVALID_KEY_FOR_MODEL", path, f"Key {key} is not a valid translatable field"))
    gone = [
        one
        for one in product.translations
        if one.locale in arguments["locales"] and one.key in arguments["translationKeys"]
    ]
    product.translations = [one for one in product.translations if one not in gone]
    context.work.commit("translation", "deleted", len(gone))
    return {"translations": [_shown(product, one) for one in gone], "userErrors": []}


def shown(product: Product, info: Info, locale: str, **_: Any) -> list[Given]:
    """`Product.translations`: of published languages alone."""
    published = {one["locale"] for one in locales(context_of(info), {"published": True})}
    return [_shown(product, one) for one in product.translations if one.locale == locale and locale in published]


def _fault(context: Context, product: Product, given: Given, path: list[str]) -> UserError | None:
    key = given["key"]
    if wrong := _locale_fault(context, given["locale"], [*path, "locale"]):
        return wrong
    if key not in _SOURCES:
        return UserError("INVALID_KEY_FOR_MODEL", [*path, "key"], f"Key {key} is not a valid translatable field")
    if given["translatableContentDigest"] != digest(_source(product, key)):
        at_digest = [*path, "translatableContentDigest"]
        return UserError("INVALID_TRANSLATABLE_CONTENT", at_digest, "Translatable content hash is invalid")
    if not given["value"].strip():
        return UserError("BLANK", [*path, "value"], "Value can't be blank")
    if key == "title" and len(given["value"]) > TEXT_MAX:
        message = f"Value fails validation on resource: title is too long (maximum is {TEXT_MAX} characters)"
        return UserError("FAILS_RESOURCE_VALIDATION", [*path, "value"], message)
    return None


def _locale_fault(context: Context, locale: str, path: list[str]) -> UserError | None:
    if locale in {one["locale"] for one in locales(context, {}) if not one["primary"]}:
        return None
    return UserError("INVALID_LOCALE_FOR_SHOP", path, "Locale is not valid for the shop")


def digest(value: str | None) -> str | None:
    """Of a text; null where there is none."""
    return hashlib.sha256(value.encode()).hexdigest() if value else None


def _source(product: Product, key: str) -> str | None:
    value: str | None = getattr(product, _SOURCES[key][0])
    return value


def _product(context: Context, text: str) -> Product | None:
    return context.store.products.get(number_of(text, "Product") or 0)


def _page(products: list[Product], arguments: Given) -> Page[Resource]:
    return page(sort([Resource(one) for one in products], lambda one: (one.product.id, one.product.id)), arguments)


def _names(product: Product) -> set[str]:
    return {product.title, *(one.sku or "" for one in product.variants)}


def _shown(product: Product, one: Translation) -> Given:
    outdated = one.digest != digest(_source(product, one.key))
    return {"record": one, "key": one.key, "locale": one.locale, "value": one.value, "outdated": outdated}


def _refused(error: UserError) -> Given:
    return {"translations": None, "userErrors": [error]}


def _content(one: Resource, info: Info, **_: Any) -> list[Given]:
    own = next((there["locale"] for there in locales(context_of(info), {}) if there["primary"]), "en")
    return [
        {"key": key, "value": value, "digest": digest(value), "locale": own, "type": kind}
        for key, (_, kind) in _SOURCES.items()
        for value in (_source(one.product, key),)
    ]


def _translations(one: Resource, _info: Info, locale: str, outdated: bool | None = None, **_: Any) -> list[Given]:
    every = [_shown(one.product, there) for there in one.product.translations if there.locale == locale]
    return [there for there in every if outdated is None or there["outdated"] is outdated]


TRANSLATIONS: dict[str, Fields] = {
    "TranslatableResource": {
        "resourceId": lambda one, _info: gid("Product", one.product.id),
        "translatableContent": _content,
        "translations": _translations,
    },
    "Translation": {"updatedAt": lambda one, info: at("updated_at")(one["record"], info)},
}
