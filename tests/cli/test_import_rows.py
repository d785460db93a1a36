"""One row becomes one product, or is refused with a sentence that says what to mend."""

from decimal import Decimal

import pytest

from pixee_cli.importing.amounts import derived_price, derived_stock
from pixee_common.domain.product import LARGEST_QUANTITY, ProductStatus

HEADER = "sku,name,ean,price,currency,stock\n"


def test_a_plain_row_becomes_a_product_with_one_variant(read_text):
    product = read_text(HEADER + "A-1,Mug,4006381333931,12.50,EUR,7\n").only
    variant = product.variants[0]
    assert (product.key, dict(product.names)) == ("A-1", {"und": "Mug"})
    assert (variant.sku, variant.ean, variant.ean_given) == ("A-1", "4006381333931", None)
    assert (variant.base_price, variant.currency) == (Decimal("12.50"), "EUR")
    assert [level.quantity for level in variant.stock] == [7]


@pytest.mark.parametrize("price", ["12,5", "12.5", "12.50"])
def test_a_decimal_comma_and_a_dot_mean_the_same(read_text, price):
    assert read_text(f'sku;price\nA-1;"{price}"\n').only.variants[0].base_price == Decimal("12.5")


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        (",Mug,,,,", "sku_missing", "every variant needs one"),
        ("A/1,Mug,,,,", "sku_invalid", "no '/'"),
        (f"{'x' * 101},Mug,,,,", "sku_invalid", "100"),
        ("A-1,Mug,,0,,", "price_out_of_range", "above zero"),
        ("A-1,Mug,,0.00,,", "price_out_of_range", "above zero"),
        ("A-1,Mug,,-3,,", "price_out_of_range", "above zero"),
        ("A-1,Mug,,9999999999,,", "price_out_of_range", "at most"),
        ("A-1,Mug,,12.50 €,,", "price_unreadable", "nothing else"),
        ('A-1,Mug,,"1,234",,', "price_unreadable", "1,234"),
        ("A-1,Mug,,1e3,,", "price_unreadable", "1e3"),
        ("A-1,Mug,,NaN,,", "price_unreadable", "NaN"),
        ("A-1,Mug,,5,euro,", "currency_unknown", "ISO 4217"),
        ("A-1,Mug,,,,3.5", "quantity_not_whole", "whole number"),
        ("A-1,Mug,,,,many", "quantity_not_whole", "whole number"),
        (f"A-1,Mug,,,,{LARGEST_QUANTITY + 1}", "quantity_out_of_range", "1,000,000,000"),
        (f"A-1,Mug,,,,{'9' * 40}", "quantity_out_of_range", "pieces"),
    ],
)
def test_a_row_that_cannot_be_a_product_is_refused_with_its_line_and_reason(read_text, row, code, says):
    found = read_text(HEADER + row + "\nB-2,Fine,,,,\n")
    note = found.refusal()
    assert (note.code, note.line, note.row) == (code, 2, 1)
    assert says in note.message
    assert [one.product.key for one in found.accepted] == ["B-2"]
    assert (found.report.rows, found.report.accepted, found.report.refused) == (2, 1, 1)


def test_a_doubled_sku_is_refused_and_the_first_line_named(read_text):
    found = read_text("sku,name\nA-1,One\nB-1,Two\nA-1,Three\n")
    assert (found.refusal().line, found.refusal().code) == (4, "sku_doubled")
    assert "line 2" in found.refusal().message


def test_a_refused_row_does_not_use_up_its_sku(read_text):
    found = read_text("sku,price\nA-1,0\nA-1,5\n")
    assert found.only.variants[0].base_price == Decimal(5)


def test_another_currency_than_the_one_asked_for_is_refused(read_text):
    found = read_text(HEADER + "A-1,Mug,,5,USD,\n", currency="EUR", currency_given=True)
    assert found.refusal().code == "currency_mismatch"
    assert read_text(HEADER + "A-1,Mug,,5,USD,\n").only.variants[0].currency == "USD"


def test_an_oversold_stock_is_a_quantity(read_text):
    assert read_text("sku,stock\nA-1,-4\n").only.variants[0].stock[0].quantity == -4


@pytest.mark.parametrize("ean", ["4006381333932", "123", "40063813339a1", "4.00638E+12"])
def test_an_ean_that_is_not_valid_is_kept_as_given_and_reported(read_text, ean):
    found = read_text(f"sku,ean\nA-1,{ean}\n")
    assert (found.only.variants[0].ean, found.only.variants[0].ean_given) == (None, ean)
    assert found.report.warnings["ean_set_aside"] == 1


def test_eans_that_differ_only_in_leading_zeros_are_shared_and_both_rows_say_so(read_text):
    found = read_text("sku,name,ean\nA,a,04006381333931\nB,b,4006381333931\nC,c,73513537\n")
    shared = [note for note in found.notes if note.code == "ean_shared"]
    assert [(note.line, note.sku) for note in shared] == [(2, "A"), (3, "B")]
    assert [one.product.variants[0].ean for one in found.accepted] == ["04006381333931", "4006381333931", "73513537"]
    assert (found.report.shared_ean_groups, found.report.warned) == (1, 2)


def test_a_row_without_a_name_gets_the_stated_title(read_text):
    found = read_text('sku,name\nA-1,"  "\n')
    assert dict(found.only.names) == {"und": "Product A-1"}
    assert found.report.warnings == {"name_fallback": 1}


def test_entities_in_a_plain_text_are_decoded_and_a_lone_ampersand_stays(read_text):
    found = read_text("sku,name,description\nA-1,&quot;Rain&quot; &amp; Shine,R&D &lt;3\n")
    assert found.only.names["und"] == '"Rain" & Shine'
    assert found.only.descriptions["und"] == "<p>R&amp;D &lt;3</p>"
    assert "entities_decoded" in found.report.warnings


def test_a_plain_description_is_escaped_into_a_paragraph_and_html_stays_html(read_text):
    assert read_text("sku,description\nA-1,1 < 2 <b>\n").only.descriptions["und"] == "<p>1 &lt; 2 &lt;b&gt;</p>"
    assert read_text("sku,body_html\nA-1,<p>1 <b>2</b></p>\n").only.descriptions["und"] == "<p>1 <b>2</b></p>"


def test_lists_paths_and_attributes_come_out_of_their_cells(read_text):
    head = "sku,categories,tags,image,attribute:material,status\n"
    row = 'A-1,"Home > Kitchen, Sale","new,blue",https://a.example/1.jpg|ftp://x/2.jpg,wool|silk,draft\n'
    found = read_text(head + row, locale="en")
    product = found.only
    assert product.categories == (("Home", "Kitchen"), ("Sale",))
    assert (product.tags, product.status) == (("new", "blue"), ProductStatus.DRAFT)
    assert [media.url for media in product.media] == ["https://a.example/1.jpg"]
    assert found.report.warnings == {"image_set_aside": 1, "name_fallback": 1}
    assert product.attributes[0].values == {"en": ("wool", "silk")}


def test_an_unknown_status_is_refused(read_text):
    assert read_text("sku,status\nA-1,live\n").refusal().code == "value_unknown"


def test_price_and_stock_are_derived_from_the_sku_where_the_file_has_none(read_text):
    found = read_text("sku,price\nA-1,\nB-1,7.77\n", derive_price_stock=True)
    first, second = (one.product.variants[0] for one in found.accepted)
    assert (first.base_price, first.stock[0].quantity) == (derived_price("A-1"), derived_stock("A-1"))
    assert second.base_price == Decimal("7.77")


def test_derived_figures_never_change_and_stay_in_their_bounds():
    assert (derived_price("3017620422003"), derived_stock("3017620422003")) == (Decimal("46.84"), 300)
    prices = [derived_price(str(number)) for number in range(3000)]
    stocks = [derived_stock(str(number)) for number in range(3000)]
    assert (min(prices) >= Decimal("0.50"), max(prices) <= Decimal("99.99")) == (True, True)
    assert (min(stocks), max(stocks)) == (0, 500)
