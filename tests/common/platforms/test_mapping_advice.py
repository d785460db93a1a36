"""A mapping beside what the shop has and what the catalog holds: errors, gaps, suggestions."""

import pytest

from pixee_common.domain.mapping import ConnectorMapping, Unmapped
from pixee_common.platforms.catalog_words import CatalogWords, Kind
from pixee_common.platforms.mapping_check import errors_of
from pixee_common.platforms.mapping_gaps import gaps
from pixee_common.platforms.mapping_suggestions import similarity, suggestions
from pixee_common.platforms.requirements import AttributeRequirement, Choice, Requirements


def choices(*labels: str) -> tuple[Choice, ...]:
    return tuple(Choice(code=label.upper().replace(" > ", "_").replace(" ", "_"), label=label) for label in labels)


COLOURS = choices("Red", "Blue", "Multicoloured")
SHOP = Requirements(
    product_types=choices("Boot", "Hat", "Rain Coat"),
    categories=choices("Footwear > Boots", "Headwear > Hats"),
    tax_classes=choices("Reduced rate"),
    locations=choices("Berlin", "Paris"),
    locales=(Choice(code="de_DE", label="German"), Choice(code="fr", label="French")),
    attributes=(
        AttributeRequirement(code="color", label="Colour", required=True, choices=COLOURS),
        AttributeRequirement(code="item_weight", label="Weight", units=("kilograms", "grams")),
        AttributeRequirement(code="shaft_height", label="Shaft", required=True, product_types=("BOOT",)),
    ),
    demands=("product_types", "categories"),
)
WORDS = CatalogWords(
    kinds=(
        Kind(None, (("Schuhe", "Boots"),), 7),
        Kind("hat", (("Hats",),), 5),
        Kind("ribbon", (), 2),
    ),
    attributes={"colour": 10, "height": 3},
    options={"Size": 4},
    tax_classes={"reduced": 3, "zero": 1},
    locations={"berlin": 9},
    values={"attribute:colour": {"rot": 6, "Blue": 4}},
)


def mapping(**parts) -> ConnectorMapping:
    return ConnectorMapping.model_validate(parts)


@pytest.mark.parametrize(
    ("parts", "pointer", "words"),
    [
        ({"categories": {"a/b > c": "FOOTWEAR_BOTS"}}, "#/categories/a~1b > c", "did you mean FOOTWEAR_BOOTS"),
        ({"product_types": {"*": "boot"}}, "#/product_types/*", "did you mean BOOT?"),
        ({"tax_classes": {"*": "zzz"}}, "#/tax_classes/*", "no tax class 'zzz'"),
        ({"locations": {"x": "BERLIM"}}, "#/locations/x", "BERLIN"),
        ({"locale": "en"}, "#/locale", "no locale 'en'"),
        ({"attributes": [{"target": "colour", "source": "option:c"}]}, "#/attributes/0/target", "color"),
        (
            {"attributes": [{"target": "color", "source": "option:c", "values": {"rot": "RET"}}]},
            "#/attributes/0/values/rot",
            "RED",
        ),
        (
            {"attributes": [{"target": "item_weight", "source": "field:weight", "unit": "kg"}]},
            "#/attributes/0/unit",
            "no unit 'kg'",
        ),
        (
            {"attributes": [{"target": "color", "source": "option:c", "product_types": ["HAD"]}]},
            "#/attributes/0/product_types/0",
            "HAT",
        ),
        ({"attributes": [{"target": "color", "source": "field:brnad"}]}, "#/attributes/0/source", "brand"),
    ],
)
def test_what_the_shop_does_not_have_is_pointed_at_with_near_names(parts, pointer, words):
    (error,) = errors_of(mapping(**parts), SHOP)
    assert error.pointer == pointer
    assert words in error.detail


def test_a_mapping_of_what_the_shop_has_is_right():
    good = mapping(
        categories={"Schuhe": "FOOTWEAR_BOOTS"},
        product_types={"*": "BOOT"},
        channel="ours",
        locale="de-AT",
        attributes=[
            {"target": "color", "source": "attribute:colour", "values": {"*": "RED"}},
            {"target": "item_weight", "source": "field:weight", "unit": "grams", "product_types": ["BOOT"]},
        ],
    )
    assert errors_of(good, SHOP) == ()


def test_open_and_unknown_parts_take_any_text():
    parts = {"categories": {"a": "new"}, "attributes": [{"target": "any", "source": "field:brand"}]}
    assert len(errors_of(mapping(**parts), SHOP)) == 2
    assert errors_of(mapping(**parts), SHOP.model_copy(update={"open": ("categories", "attributes")})) == ()
    assert errors_of(mapping(**parts), Requirements()) == ()
    assert errors_of(mapping(**parts), None) == ()


def test_attributes_of_types_that_are_not_listed_are_not_judged():
    partial = SHOP.model_copy(update={"complete_for": ("BOOT",)})
    rule = {"target": "brim", "source": "option:c"}
    assert errors_of(mapping(attributes=[rule | {"product_types": ["HAT"]}]), partial) == ()
    assert errors_of(mapping(attributes=[rule]), partial) == ()
    assert len(errors_of(mapping(attributes=[rule | {"product_types": ["BOOT"]}]), partial)) == 1


def test_gaps_are_what_is_demanded_and_not_mapped_with_the_number_of_products():
    found = {(gap.field, gap.ours): gap.products for gap in gaps(WORDS, mapping(), SHOP)}
    assert found == {
        ("categories", "Schuhe > Boots"): 7,
        ("categories", "Hats"): 5,
        ("categories", "*"): 2,
        ("product_types", "Schuhe > Boots"): 7,
        ("product_types", "hat"): 5,
        ("product_types", "ribbon"): 2,
    }


def test_gaps_follow_the_mapping_to_required_attributes_values_and_tax_classes():
    partly = mapping(
        categories={"*": "HEADWEAR_HATS"},
        product_types={"Schuhe": "BOOT", "*": "HAT"},
        tax_classes={"reduced": "REDUCED_RATE"},
        attributes=[
            {"target": "color", "source": "attribute:colour", "values": {"Blue": "BLUE"}, "product_types": ["HAT"]}
        ],
    )
    found = gaps(WORDS, partly, SHOP)
    assert [(gap.field, gap.ours, gap.products) for gap in found] == [
        ("attributes.color", "BOOT", 7),
        ("attributes.shaft_height", "BOOT", 7),
        ("attributes.color.values", "rot", 6),
        ("tax_classes", "zero", 1),
    ]
    assert "attributes.color.values for 'rot'" in found[2].message


def test_without_requirements_only_the_mappings_own_tables_have_gaps():
    assert gaps(WORDS, mapping(), None) == ()
    required = Requirements(attributes=(AttributeRequirement(code="gtin", label="GTIN", required=True),))
    assert [(gap.field, gap.ours, gap.products) for gap in gaps(WORDS, mapping(), required)] == [
        ("attributes.gtin", "*", 14)
    ]


def test_suggestions_pair_names_that_look_alike_and_leave_out_what_is_mapped():
    found = {(one.part, one.ours): one.theirs for one in suggestions(WORDS, mapping(), SHOP)}
    assert found[("categories", "Hats")] == "HEADWEAR_HATS"
    assert found[("categories", "Schuhe > Boots")] == "FOOTWEAR_BOOTS"
    assert found[("product_types", "hat")] == "HAT"
    assert found[("locations", "berlin")] == "BERLIN"
    assert found[("tax_classes", "reduced")] == "REDUCED_RATE"
    assert found[("attributes", "attribute:colour")] == "color"
    assert found[("attributes", "field:weight")] == "item_weight"
    assert ("product_types", "ribbon") not in found
    mapped = mapping(categories={"Hats": "HEADWEAR_HATS"}, product_types={"hat": "HAT"}, locations={"berlin": "PARIS"})
    assert not {("categories", "Hats"), ("product_types", "hat"), ("locations", "berlin")} & {
        (one.part, one.ours) for one in suggestions(WORDS, mapped, SHOP)
    }


def test_values_of_a_rule_are_suggested_among_the_platforms_choices():
    rule = {"target": "color", "source": "attribute:colour", "values": {"rot": "RED"}}
    found = suggestions(WORDS, mapping(attributes=[rule]), SHOP)
    assert [(one.part, one.ours, one.theirs) for one in found if one.part.endswith("values")] == [
        ("attributes.color.values", "Blue", "BLUE")
    ]


def test_suggestions_are_limited_and_quick_for_thousands_of_names():
    types = tuple(Choice(code=f"TYPE_{n:05}", label=f"Type number {n}") for n in range(3_000))
    words = CatalogWords(kinds=tuple(Kind(f"type {n:05}", (), 1) for n in range(300)))
    found = suggestions(words, ConnectorMapping(), Requirements(product_types=types))
    assert len(found) == 200
    assert all(one.theirs == f"TYPE_{one.ours[-5:]}" for one in found)


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("Hüte", "hute", 1.0),
        ("shoe_size", "ShoeSize", 1.0),
        ("Boots, winter", "Winter boots", 1.0),
        ("Boot", "Boots", 0.8),
    ],
)
def test_names_are_alike_whatever_their_writing(one, other, least):
    assert similarity(one, other) >= least
    assert similarity("", other) == 0.0


def test_a_category_is_found_by_its_nearest_parent_and_by_the_star():
    given = mapping(categories={"Shoes": "S", "Shoes > Boots": "B"})
    assert given.category_of(("Shoes", "Boots", "Winter")) == "B"
    assert given.category_of(("Shoes", "Flats")) == "S"
    assert given.category_of(("Hats",)) == Unmapped("categories", "Hats")
    assert mapping(categories={"*": "X"}).category_of(("Hats",)) == "X"
