"""Further languages of a product: what is mapped, what is left to do. Pure."""

from __future__ import annotations

import re
from typing import Any

import pytest
from platform_workers.platforms.shopify.catalog import SETTINGS, item, refusal, simple, values

from pixee_workers.platforms.shopify import manifest, translations
from pixee_workers.sync_base.calls import ConnectorSettings


def settings(named: str, **changes: Any) -> ConnectorSettings:
    return ConnectorSettings(**(SETTINGS.model_dump() | {"extra": {"translated_locales": named}} | changes))


def texts(named: str, **changes: Any) -> Any:
    return values(item(simple(**changes)), settings(named)).get("translations")


GERMAN = {"fr": "Chemise", "de": "Hemd"}


def test_without_the_setting_nothing_is_mapped_and_the_hash_stays():
    one = item(simple(names=GERMAN))
    assert "translations" not in values(one)
    assert values(one, settings("")) == values(one)


def test_a_product_without_texts_in_the_language_is_mapped_as_before():
    one = item(simple())
    assert values(one, settings("de")) == values(one)


def test_every_text_stands_under_the_shops_locale_and_key():
    found = texts(
        "de, pt=pt-PT",
        names={"fr": "Chemise", "de": "Hemd", "pt": "Camisa"},
        descriptions={"fr": "<p>Lin</p>", "de": "<p>Leinen &amp; mehr</p>"},
        seo_titles={"fr": "Chemise en lin", "de": "Leinenhemd"},
        seo_descriptions={"fr": "Belle", "de": "Schön"},
    )
    assert found == {
        "de": {
            "title": "Hemd",
            "body_html": "<p>Leinen &amp; mehr</p>",
            "meta_title": "Leinenhemd",
            "meta_description": "Schön",
        },
        "pt-PT": {"title": "Camisa"},
    }


@pytest.mark.parametrize(
    ("named", "names", "expected"),
    [
        ("de", {"fr": "A", "de-AT": "B"}, "B"),
        ("de-CH", {"fr": "A", "de": "B"}, "B"),
        ("fr-CA", {"fr": "A"}, None),
        ("fr-CA", {"fr": "A", "fr-CA": "A"}, "A"),
        ("de", {"fr": "A", "und": "B"}, None),
        ("de", {"fr": "A", "de": "  "}, None),
        ("de", {"de": "B"}, "B"),
        ("de=de, de-AT=de", {"fr": "A", "de": "B", "de-AT": "C"}, "B"),
    ],
)
def test_a_language_takes_its_own_text_or_that_of_its_kin_and_never_another(named, names, expected):
    locale = named.split(",")[0].split("=")[-1]
    found = texts(named, names=names)
    assert found == (None if expected is None else {locale: {"title": expected}})


def test_a_changed_translation_is_a_changed_value():
    one, other = (item(simple(names={"fr": "Chemise", "de": name})) for name in ("Hemd", "Bluse"))
    assert values(one, settings("de")) != values(other, settings("de"))
    assert values(one) == values(other)


def test_a_name_that_is_too_long_is_refused_before_any_call():
    found = refusal(item(simple(names={"fr": "A", "de": "x" * 256})), settings("de"))
    assert (found.reason, found.field) == ("invalid_value", "names")
    assert "de" in found.message


@pytest.mark.parametrize("good", ["", "de", "de,nl", " de , pt=pt-PT ", "zh-Hans=zh-CN,fr-CA"])
def test_the_setting_takes_languages(good: str):
    assert re.fullmatch(_pattern(), good)


@pytest.mark.parametrize("bad", ["deutsch", "de;nl", "de=", "=de", "de,,nl", "de_DE", "d"])
def test_the_setting_takes_nothing_else(bad: str):
    assert re.fullmatch(_pattern(), bad) is None


def _pattern() -> str:
    (field,) = [one for one in manifest.MANIFEST.settings if one.name == "translated_locales"]
    assert field.pattern is not None
    return field.pattern


def left(known: Any = None, named: str = "de", **changes: Any) -> translations.Translations | None:
    chosen = settings(named)
    return translations.left_to_do(known or {}, values(item(simple(**changes)), chosen), chosen)


def refs(keys: dict[str, list[str]], mark: str | None = None) -> Any:
    return {"translations": translations.noted(keys, mark)}


def test_nothing_is_left_where_no_language_is_named_or_has_texts():
    assert left(named="", names=GERMAN) is None
    assert left() is None
    assert left(refs({"de": ["title"]}), named="", names=GERMAN) is None


def test_what_stands_at_the_shop_is_not_left():
    first = left(names=GERMAN)
    assert first is not None
    assert left(refs({"de": ["title"]}, first.mark), names=GERMAN) is None
    assert left(refs({"de": ["title"]}, first.mark), names=GERMAN, tags=("new",)) is None


@pytest.mark.parametrize(
    "changes", [{"names": {"fr": "Blouse", "de": "Hemd"}}, {"names": {"fr": "Chemise", "de": "H"}}]
)
def test_a_change_of_the_text_or_of_what_it_translates_leaves_all_of_it(changes: dict[str, Any]):
    first = left(names=GERMAN)
    assert first is not None
    again = left(refs({"de": ["title"]}, first.mark), **changes)
    assert again is not None
    assert (list(again.texts), again.gone) == (["de"], {})


def test_what_was_registered_and_has_no_text_now_is_gone():
    found = left(refs({"de": ["body_html", "title"], "nl": ["title"]}), names=GERMAN)
    assert found is not None
    assert found.gone == {"de": ("body_html",), "nl": ("title",)}
    last = left(refs({"de": ["title"]}))
    assert last is not None
    assert (last.texts, last.gone) == ({}, {"de": ("title",)})


def test_what_is_left_travels_as_json():
    found = left(refs({"nl": ["title"]}), names=GERMAN)
    assert found is not None
    assert translations.Translations.model_validate_json(found.model_dump_json()) == found
