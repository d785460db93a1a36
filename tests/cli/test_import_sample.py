"""The sample of Open Food Facts beside the project: real data, and the numbers that it must give."""

from pathlib import Path

import pytest
from cli.files import read

from pixee_cli.importing.options import ImportOptions

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "openfoodfacts_sample.csv"

pytestmark = pytest.mark.skipif(not SAMPLE.is_file(), reason="../shared/data/openfoodfacts_sample.csv is not there")


@pytest.fixture(scope="module")
def found():
    return read(SAMPLE, ImportOptions(derive_price_stock=True))


def test_all_thousand_rows_become_products_with_the_code_as_given(found):
    assert (found.report.rows, found.report.accepted, found.report.refused) == (1000, 1000, 0)
    first = found.accepted[0].product
    assert (first.key, first.variants[0].sku) == ("00000000000000225", "00000000000000225")


def test_262_eans_are_set_aside_and_18_rows_in_9_pairs_are_shared(found):
    report = found.report
    assert (report.warnings["ean_set_aside"], report.warnings["ean_shared"], report.shared_ean_groups) == (262, 18, 9)
    variants = [one.product.variants[0] for one in found.accepted]
    assert sum(variant.ean is not None for variant in variants) == 738
    assert sum(variant.ean_given is not None for variant in variants) == 262


def test_rows_without_a_name_get_the_stated_title(found):
    named = [one.product for one in found.accepted if one.product.names["und"] == f"Product {one.product.key}"]
    assert len(named) == found.report.warnings["name_fallback"] == 54


def test_every_product_has_a_price_and_a_stock_in_bounds(found):
    variants = [one.product.variants[0] for one in found.accepted]
    assert all(50 <= int(variant.base_price * 100) <= 9999 for variant in variants)
    assert all(0 <= variant.stock[0].quantity <= 500 for variant in variants)


def test_the_columns_go_where_they_belong(found):
    assert found.report.columns == {
        "key": "code", "sku": "code", "ean": "code", "name": "product_name", "short_description": "generic_name",
        "brand": "brands", "categories": "categories_en", "description": "ingredients_text", "image": "image_url",
        "attribute:quantity": "quantity", "attribute:nutriscore_grade": "nutriscore_grade",
    }  # fmt: skip
    assert found.report.unused_columns == ["countries_en", "last_modified_datetime"]
