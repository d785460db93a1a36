"""`pixee mapping` against a gateway that answers what the test planted."""

import json

import pytest
import yaml
from cli.test_commands import gateway, pixee  # noqa: F401  (fixtures)

from pixee_cli.exits import Exit

MAPPING = "/api/v1/connectors/c-1/mapping"
HELD = {
    "version": 3,
    "categories": {"Schuhe > Stiefel": "Boots"},
    "product_types": {},
    "attributes": [
        {"target": "color", "source": "attribute:farbe", "unit": None, "values": {"rot": "red"}, "product_types": []}
    ],
    "locations": {},
    "tax_classes": {},
    "locale": "de",
    "channel": None,
    "price_list": None,
}
ADVICE = {
    "suggestions": [{"part": "categories", "ours": "Hüte", "theirs": "Hats", "label": "Hats", "score": 0.75}],
    "missing": [
        {"field": "tax_classes", "ours": "reduced", "products": 12, "message": "Map tax_classes for 'reduced'."}
    ],
}


@pytest.fixture(autouse=True)
def planted(gateway):  # noqa: F811
    gateway.on("GET", MAPPING, HELD | ADVICE)


def test_a_mapping_is_shown_to_people_and_to_programs(pixee):  # noqa: F811
    shown = pixee("mapping", "show", "shop")
    assert shown.exit_code == Exit.OK
    assert all(word in shown.output for word in ("Version 3", "Schuhe > Stiefel", "attribute:farbe (1 values)", "de"))
    assert json.loads(pixee("mapping", "show", "shop", "--json").stdout) == HELD


def test_what_is_missing_ends_with_a_code_of_its_own(pixee, gateway):  # noqa: F811
    found = pixee("mapping", "missing", "shop")
    assert found.exit_code == Exit.WITH_ERRORS
    assert "12" in found.output
    assert "reduced" in found.output
    assert json.loads(pixee("mapping", "missing", "shop", "--json").stdout) == ADVICE["missing"]
    gateway.answers["GET", MAPPING].clear()
    gateway.on("GET", MAPPING, HELD | {"suggestions": [], "missing": []})
    nothing = pixee("mapping", "missing", "shop")
    assert (nothing.exit_code, nothing.output.strip()) == (Exit.OK, "Nothing is missing.")


def test_suggestions_are_asked_of_the_shop_first(pixee, gateway):  # noqa: F811
    refused = pixee("mapping", "suggest", "shop")
    assert refused.exit_code == Exit.REFUSED
    gateway.on("GET", "/api/v1/connectors/c-1/requirements", {"requirements": {}})
    found = pixee("mapping", "suggest", "shop")
    assert found.exit_code == Exit.OK
    assert all(word in found.output for word in ("Hüte", "Hats", "75%"))


def test_an_exported_mapping_is_imported_as_it_was(pixee, gateway, tmp_path):  # noqa: F811
    file = tmp_path / "mapping.yaml"
    assert pixee("mapping", "export", "shop", file).exit_code == Exit.OK
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == HELD
    assert "Schuhe > Stiefel" in pixee("mapping", "export", "shop").output
    gateway.on("PUT", MAPPING, HELD | ADVICE | {"version": 4})
    done = pixee("mapping", "import", "shop", file)
    assert (done.exit_code, "version 4; 1 missing" in done.output) == (Exit.OK, True)
    assert gateway.bodies("PUT", MAPPING) == [HELD]


def test_a_file_without_a_version_takes_the_one_that_is_there(pixee, gateway, tmp_path):  # noqa: F811
    file = tmp_path / "mapping.yaml"
    file.write_text("locale: en\n", encoding="utf-8")
    gateway.on("PUT", MAPPING, HELD | ADVICE | {"version": 4})
    assert pixee("mapping", "import", "shop", file).exit_code == Exit.OK
    assert gateway.bodies("PUT", MAPPING) == [{"locale": "en", "version": 3}]


def test_a_stale_file_is_refused(pixee, gateway, tmp_path):  # noqa: F811
    file = tmp_path / "mapping.yaml"
    file.write_text("version: 1\n", encoding="utf-8")
    gateway.on("PUT", MAPPING, {"code": "stale_version", "detail": "The mapping has version 3 now."}, status=409)
    done = pixee("mapping", "import", "shop", file)
    assert done.exit_code == Exit.REFUSED
    assert "version 3 now" in done.output


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", ""])
def test_a_file_that_is_no_mapping_is_refused_before_any_call(pixee, gateway, tmp_path, text):  # noqa: F811
    file = tmp_path / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    assert pixee("mapping", "import", "shop", file).exit_code == Exit.USAGE
    assert pixee("mapping", "import", "shop", tmp_path / "none.yaml").exit_code == Exit.USAGE
    assert gateway.asked == []
