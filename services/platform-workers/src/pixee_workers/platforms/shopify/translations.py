"""A product's texts in further languages: what the connector names, what the product has, what is left to do at the shop. Pure.

Choices that a merchant can see:
* The setting names our languages, each with the shop's where that is another (`de, pt=pt-PT`). Title, description, SEO title and SEO
  description are translated: of the language, else of another country's kind of it. A text that the product lacks there is not sent,
  so the shop shows its own language.
* What a language had from us and has no more is removed; what others translated stays. Without the setting all is left alone.
* Names of options and their values, attributes and texts of pictures are not translated: each is a resource of its own at Shopify.
* Shopify marks a translation as outdated when the text behind it changes, so all are sent again with that text's change.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, cast

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue

from pixee_common.domain.product import Localized, Product, localized
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.calls import ConnectorSettings
from pixee_workers.sync_base.outcomes import Refusal

SETTING = "translated_locales"
TRANSLATIONS = "translations"
"""In the mapped values, the texts; in a listing's `refs`, what was registered."""

LONGEST_TITLE = 255
"""As of a title itself; that a translation has the same limit is unverified."""

_MARK, _KEYS = "mark", "keys"

FIELDS: Mapping[str, str] = {
    "title": "names",
    "body_html": "descriptions",
    "meta_title": "seo_titles",
    "meta_description": "seo_descriptions",
}
"""Shopify's key to our field (schema 2026-10, TranslatableResourceType.PRODUCT)."""

Texts = dict[str, dict[str, str]]
"""By the shop's locale, then by Shopify's key."""


class Translations(BaseModel):
    """What is left to do for a product. Serialisable: it travels in a remote job's correlation."""

    model_config = ConfigDict(frozen=True)

    texts: Texts
    gone: dict[str, tuple[str, ...]]
    """By locale: keys that we registered before and that have no text now."""
    mark: str
    """Digest of the texts and of those behind them: while it stays the same nothing is to be done."""


def named(settings: ConnectorSettings) -> dict[str, str]:
    """Our locale to the shop's, of each language that the connector names."""
    found: dict[str, str] = {}
    for one in settings.extra.get(SETTING, "").split(","):
        ours, _, theirs = (part.strip() for part in one.partition("="))
        if ours:
            found.setdefault(ours, theirs or ours)
    return found


def of_product(product: Product, settings: ConnectorSettings) -> Texts:
    """What the product has in the languages that are named. Of two with one language of the shop's the first counts."""
    found: Texts = {}
    for ours, theirs in named(settings).items():
        every = {key: _text(getattr(product, field), ours, settings.locale) for key, field in FIELDS.items()}
        texts = {key: text for key, text in every.items() if text is not None}
        if texts:
            found.setdefault(theirs, texts)
    return found


def refusal(product: Product, settings: ConnectorSettings) -> Refusal | None:
    """Why the texts cannot be sent."""
    for locale, texts in of_product(product, settings).items():
        if (length := len(texts.get("title", ""))) > LONGEST_TITLE:
            message = f"The name in {locale} has {length} characters; Shopify takes {LONGEST_TITLE}."
            return Refusal(ReasonCode.INVALID_VALUE, message, "names")
    return None


def left_to_do(
    known: Mapping[str, JsonValue], values: Mapping[str, Any], settings: ConnectorSettings
) -> Translations | None:
    """`known`: the listing's refs; `values`: the mapped ones. Null: as far as we know all is there."""
    if not named(settings):
        return None
    texts: Texts = values.get(TRANSLATIONS) or {}
    before = registered(known)
    if not texts and not before:
        return None
    mark = _digest([texts, [values["input"].get(name) for name in ("title", "descriptionHtml", "seo")]])
    if mark == cast("Mapping[str, JsonValue]", known.get(TRANSLATIONS) or {}).get(_MARK):
        return None
    gone = {locale: tuple(key for key in keys if key not in texts.get(locale, {})) for locale, keys in before.items()}
    return Translations(texts=texts, gone={locale: keys for locale, keys in gone.items() if keys}, mark=mark)


def registered(known: Mapping[str, JsonValue]) -> dict[str, list[str]]:
    """By locale, the keys that we registered, out of a listing's refs."""
    held = cast("Mapping[str, Any]", known.get(TRANSLATIONS) or {})
    return {locale: list(keys) for locale, keys in (held.get(_KEYS) or {}).items()}


def noted(keys: Mapping[str, list[str]], mark: str | None) -> JsonValue:
    """For a listing's refs. `mark` null: something is missing, so the next push tries it again."""
    return cast(
        "JsonValue", {_MARK: mark, _KEYS: {locale: sorted(set(found)) for locale, found in keys.items() if found}}
    )


def _text(texts: Localized, locale: str, own: str | None) -> str | None:
    """Shopify translates nothing where the product has no text of its own, and takes no blank one."""
    base = localized(texts, own)
    if base is None or not base.strip():
        return None
    text = texts.get(locale)
    if text is None:
        language = locale.split("-", maxsplit=1)[0]
        kin = (texts[tag] for tag in sorted(texts) if tag.split("-")[0] == language and texts[tag] != base)
        text = next(kin, None)
    return text if text is not None and text.strip() else None


def _digest(values: Any) -> str:
    return hashlib.blake2b(orjson.dumps(values, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()
