"""Files as people have them: delimiters, encodings, quotes, groups of variants, JSON Lines, and reports that add up."""

import codecs
import json

import pytest
from cli.files import read

from pixee_cli.demo.filling import own_catalog
from pixee_cli.demo_catalog.make import text as own_text
from pixee_cli.importing.fields import map_columns, parse_map
from pixee_cli.importing.options import ImportOptions
from pixee_cli.importing.problems import FileUnusable


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_from_the_header(read_text, delimiter):
    found = read_text(delimiter.join(("sku", "name", "stock")) + "\n" + delimiter.join(("A-1", "Mug", "3")) + "\n")
    assert (found.report.delimiter, found.only.names["und"]) == (delimiter, "Mug")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (codecs.BOM_UTF8 + "sku,name\nA-1,Café\n".encode(), "utf-8-sig"),
        ("sku,name\nA-1,Café\n".encode(), "utf-8"),
        ("sku,name\nA-1,Café\n".encode("latin-1"), "cp1252"),
        ("sku,name\nA-1,Café\n".encode("utf-16"), "utf-16"),
        (b"sku,name\nA-1,Caf\xe9\nB-1,\x81\n", "latin-1"),
    ],
)
def test_encodings_are_found(read_text, content, encoding):
    found = read_text(content)
    assert found.report.encoding == encoding
    assert found.accepted[0].product.names["und"] == "Café"


def test_quotes_hold_delimiters_quotes_and_line_breaks_and_lines_are_counted_right(read_text):
    found = read_text('sku,name\r\n"A-1","A ""big"", wide\r\nmug"\r\nA/2,x\r\n')
    assert found.accepted[0].product.names["und"] == 'A "big", wide mug'
    assert (found.refusal().line, found.refusal().row) == (4, 2)


def test_rows_of_the_wrong_width_are_refused_and_blank_lines_are_no_rows(read_text):
    found = read_text("sku,name\nA-1\n\n  \nB-1,b,extra\nC-1,c,\n")
    assert [note.code for note in found.notes if note.severity == "refused"] == ["row_misshapen"] * 2
    assert (found.report.rows, found.report.accepted) == (3, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        (" \n \n", "is empty"),
        ("name,price\nMug,5\n", "--map sku="),
        ("sku,sku\nA,B\n", "twice"),
    ],
)
def test_a_file_of_which_no_row_can_be_read_is_refused_as_a_whole(read_text, content, says):
    with pytest.raises(FileUnusable, match=says):
        read_text(content)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileUnusable, match="cannot be read"):
        read(tmp_path / "none.csv")


def test_columns_are_mapped_by_hand_and_taken_out_of_the_automatic_mapping(read_text):
    found = read_text("Nummer,Titel,brand\nA-1,Becher,Acme\n", wanted=parse_map(["sku=Nummer", "name=Titel", "brand="]))
    assert (found.only.names["und"], found.only.brand) == ("Becher", None)
    assert found.report.unused_columns == ["brand"]


@pytest.mark.parametrize("wrong", ["sku", "colour=Farbe"])
def test_a_map_that_is_no_mapping_is_a_mistake(wrong):
    with pytest.raises(FileUnusable):
        parse_map([wrong])


def test_a_mapped_column_must_be_there():
    with pytest.raises(FileUnusable, match="no column 'Preis'"):
        map_columns(["sku"], {"price": "Preis"})


def test_a_quantity_column_is_no_stock():
    columns = map_columns(["code", "product_name", "quantity"], {}).columns
    assert columns["attribute:quantity"] == "quantity"
    assert "stock" not in columns


GROUPED = "parent,sku,name,option:Size,option:Colour,price\n"


def test_rows_of_a_group_become_the_variants_of_one_product(read_text):
    found = read_text(GROUPED + "P,P-S,Shirt,S,,5\nP,P-M,,M,,6\n,Q,Mug,,,\n", group="parent")
    shirt, mug = (one.product for one in found.accepted)
    assert (shirt.key, shirt.names["und"]) == ("P", "Shirt")
    assert [option.model_dump() for option in shirt.options] == [{"name": "Size", "values": ("S", "M")}]
    assert [dict(variant.options) for variant in shirt.variants] == [{"Size": "S"}, {"Size": "M"}]
    assert (mug.key, mug.options) == ("Q", ())
    assert (found.report.rows, found.report.accepted, found.report.products, found.report.variants) == (3, 3, 2, 3)


def test_a_group_with_one_bad_row_is_refused_whole_so_that_no_variant_is_withdrawn(read_text):
    found = read_text(GROUPED + "P,P-S,Shirt,S,,5\nP,P-M,,M,,0\nR,R,Mug,,,1\n", group="parent")
    refused = [note for note in found.notes if note.severity == "refused"]
    assert [(note.line, note.code) for note in refused] == [(2, "price_out_of_range"), (3, "price_out_of_range")]
    assert (found.report.accepted, found.report.refused) == (1, 2)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("P,P-S,Shirt,S,,\nP,P-M,,,,\n", "option_missing"),
        ("P,P-S,Shirt,S,,\nP,P-T,,S,,\n", "options_doubled"),
        ("P,P-S,Shirt,S,,\nP,P-S,,M,,\n", "invalid"),
    ],
)
def test_variants_that_options_do_not_tell_apart_are_refused(read_text, rows, code):
    found = read_text(GROUPED + rows, group="parent")
    assert {note.code for note in found.notes if note.severity == "refused"} == {code}


def test_rows_of_a_product_must_stand_together(read_text):
    found = read_text(GROUPED + "P,P-S,Shirt,S,,\nQ,Q,Mug,,,\nP,P-M,,M,,\n", group="parent")
    assert (found.refusal().code, found.refusal().line) == ("key_doubled", 4)


def test_json_lines_carry_whole_products_and_flat_rows(read_text):
    whole = {
        "key": "W",
        "names": {"en": "Whole"},
        "variants": [{"sku": "W-1", "ean": "123", "base_price": 5.25, "currency": "EUR"}],
    }
    flat = {"sku": "F-1", "name": "Flat", "price": 0.1, "stock": 4, "tags": ["a", "b"]}
    found = read_text("\n".join(map(json.dumps, (whole, flat))) + "\n")
    first, second = (one.product for one in found.accepted)
    assert (first.variants[0].ean, first.variants[0].ean_given, str(first.variants[0].base_price)) == (
        None,
        "123",
        "5.25",
    )
    assert (str(second.variants[0].base_price), second.tags) == ("0.1", ("a", "b"))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"sku": "A"', "row_unreadable"),
        ('{"sku": "A", "price": NaN}', "row_unreadable"),
        ("[1]", "row_misshapen"),
        ('{"name": "x"}', "sku_missing"),
        ('{"sku": "A", "stock": 1.5}', "quantity_not_whole"),
        ('{"sku": "A", "name": {"en": "x"}}', "value_misshapen"),
        ('{"key": "A", "names": {"en": "x"}, "variants": [{}]}', "sku_missing"),
        ('{"key": "A", "names": {"en": "x"}, "variants": []}', "invalid"),
        ('{"key": "A/1", "names": {"en": "x"}, "variants": [{"sku": "A"}]}', "key_invalid"),
        ('{"key": "A", "names": {"en": "x"}, "variants": [{"sku": "A", "base_price": -1, "currency": "EUR"}]}', "price_out_of_range"),
        ('{"key": "A", "names": {"en": "x"}, "variants": [{"sku": "A", "stock": [{"quantity": 1.5}]}]}', "quantity_not_whole"),
        ('{"key": "A", "nmaes": {"en": "x"}, "variants": [{"sku": "A"}]}', "invalid"),
    ],
)  # fmt: skip
def test_a_line_of_json_that_cannot_be_a_product_is_refused(read_text, line, code):
    found = read_text('{"sku": "first"}\n' + line + "\n")
    assert (found.refusal().code, found.refusal().line) == (code, 2)


def test_a_product_too_big_for_a_message_is_refused(read_text):
    assert read_text(f"sku,name\nA-1,{'x' * 1_000_000}\n").refusal().code == "too_big"


def test_the_report_file_holds_every_note(read_text, tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("sku,price\n" + "".join(f"A-{n},0\n" for n in range(50)), encoding="utf-8")
    read(path, report_file=tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["rows"], report["refused"], report["refusals"]) == (50, 50, {"price_out_of_range": 50})
    assert [note["line"] for note in report["notes"]] == list(range(2, 52))


def test_the_same_file_read_another_way_is_another_source():
    plain = ImportOptions().identity("f" * 64)
    others = {
        ImportOptions().identity("e" * 64),
        ImportOptions(currency="USD").identity("f" * 64),
        ImportOptions(derive_price_stock=True).identity("f" * 64),
        ImportOptions(wanted={"sku": "x"}).identity("f" * 64),
        ImportOptions(group="parent").identity("f" * 64),
        ImportOptions(locale="fr").identity("f" * 64),
    }
    assert len(others | {plain}) == 7
    assert ImportOptions().identity("f" * 64) == plain


def test_our_own_catalog_is_what_its_maker_writes_and_is_imported_without_a_word():
    assert own_catalog().read_text(encoding="utf-8") == own_text()
    found = read(own_catalog())
    assert (found.report.products, found.report.variants, found.notes) == (60, 144, [])
