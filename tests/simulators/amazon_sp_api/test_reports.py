"""Sheet, "Pull products": the full report, and the catalog that finds ASINs for EANs."""

import gzip
from typing import Any

from simulators.amazon_sp_api.samples import food, stock, text, told
from simulators.amazon_sp_api.seller import FR, SHOP, Seller

REPORTS = "/reports/2021-06-30/reports"
ALL = {"reportType": "GET_MERCHANT_LISTINGS_ALL_DATA", "marketplaceIds": [FR]}


async def created(seller: Seller) -> str:
    status, made = await seller.ask("POST", REPORTS, ALL)
    assert status == 202, made
    number: str = made["reportId"]
    return number


async def report_of(seller: Seller, number: str) -> Any:
    status, report = await seller.ask("GET", f"{REPORTS}/{number}")
    assert status == 200, report
    return report


async def rows(seller: Seller, report: Any, charset: str = "utf-8") -> list[dict[str, str]]:
    status, document = await seller.ask("GET", f"/reports/2021-06-30/documents/{report['reportDocumentId']}")
    assert (status, document["compressionAlgorithm"]) == (200, "GZIP")
    status, content, headers = await seller.fetch("GET", document["url"])
    assert status == 200
    assert headers["Content-Type"].lower() == f"text/plain; charset={charset}"
    head, *lines = gzip.decompress(content).decode(charset).splitlines()
    names = head.split("\t")
    return [dict(zip(names, line.split("\t"), strict=True)) for line in lines]


async def test_a_report_lists_every_listing(seller: Seller) -> None:
    await seller.put("R-1", food(product_description=text("Zeile\neins\tund zwei")))
    await seller.put("R-2", food(fulfillment_availability=[stock(0)]))
    number = await created(seller)
    assert (await report_of(seller, number))["processingStatus"] == "IN_QUEUE"
    seller.advance(6)
    assert (await report_of(seller, number))["processingStatus"] == "IN_PROGRESS"
    seller.advance(60)
    report = await report_of(seller, number)
    assert report["processingStatus"] == "DONE"
    first, second = await rows(seller, report)
    assert (first["seller-sku"], first["price"], first["quantity"], first["status"]) == ("R-1", "19.99", "12", "Active")
    assert first["item-description"] == "Zeile eins und zwei"
    assert (second["quantity"], second["status"]) == ("0", "Inactive")
    assert first["product-id-type"] == "1"
    assert first["asin1"] == first["product-id"] != ""
    assert (await seller.counts())["requests"]["write"] == 2
    assert await seller.violations() == []


async def test_a_report_may_be_in_another_charset_and_leaves_out_amazons_quantities() -> None:
    async with Seller(fba_skus=["R-1"]) as seller:
        await seller.limits(report_charset="iso-8859-1")
        planted = [
            {
                "sku": "R-1",
                "marketplace": FR,
                "productType": "GROCERY",
                "attributes": food(item_name=text("Thé vert"), fulfillment_availability=None),
            }
        ]
        await seller.control("PUT", f"amazon/listings?host={SHOP}", planted)
        number = await created(seller)
        seller.advance(66)
        [row] = await rows(seller, await report_of(seller, number), "iso-8859-1")
        assert (row["item-name"], row["quantity"], row["fulfillment-channel"]) == ("Thé vert", "", "AMAZON_EU")


async def test_a_report_about_nothing_is_cancelled(seller: Seller) -> None:
    number = await created(seller)
    seller.advance(66)
    report = await report_of(seller, number)
    assert (report["processingStatus"], "reportDocumentId" in report) == ("CANCELLED", False)


async def test_the_next_reports_end_as_ordered(seller: Seller) -> None:
    await seller.put("R-1", food())
    await seller.limits(next_reports=["FATAL", "CANCELLED"])
    made = [await created(seller) for _ in range(3)]
    seller.advance(66)
    assert [(await report_of(seller, one))["processingStatus"] for one in made] == ["FATAL", "CANCELLED", "DONE"]
    _, answer = await seller.ask("GET", REPORTS, reportTypes=ALL["reportType"], processingStatuses="DONE")
    assert [one["reportId"] for one in answer["reports"]] == made[2:]


async def test_a_program_cancels_a_queued_report_and_asks_for_known_ones_only(seller: Seller) -> None:
    number = await created(seller)
    assert (await seller.ask("DELETE", f"{REPORTS}/{number}"))[0] == 200
    assert (await report_of(seller, number))["processingStatus"] == "CANCELLED"
    assert (await seller.ask("DELETE", f"{REPORTS}/{number}"))[0] == 400
    assert (await seller.ask("GET", f"{REPORTS}/1"))[0] == 404
    assert (await seller.ask("GET", "/reports/2021-06-30/documents/1"))[0] == 404
    assert (await seller.ask("POST", REPORTS, ALL | {"reportType": "GET_OTHER"}))[0] == 400


async def test_an_ean_finds_several_asins_and_a_listing_takes_the_first() -> None:
    asins = ["B0AAAAAAA1", "B0AAAAAAA2"]
    async with Seller(catalog={"3760001234567": asins}, restricted_asins={asins[1]: "APPROVAL_REQUIRED"}) as seller:
        path = "/catalog/2022-04-01/items"
        query = {"marketplaceIds": FR, "identifiersType": "EAN", "includedData": "identifiers,summaries,productTypes"}
        status, found = await seller.ask("GET", path, identifiers="3760001234567,3760000000000", **query)
        assert (status, found["numberOfResults"]) == (200, 2)
        assert [one["asin"] for one in found["items"]] == asins
        assert found["items"][0]["identifiers"][0]["identifiers"][0]["identifier"] == "3760001234567"
        assert (await seller.ask("GET", f"{path}/{asins[1]}", marketplaceIds=FR))[0] == 200
        assert (await seller.ask("GET", f"{path}/B0UNKNOWN0", marketplaceIds=FR))[0] == 404
        await seller.put("C-1", food())
        await seller.put("C-2", food(externally_assigned_product_identifier=told("3760000000000", type="ean")))
        assert (await seller.read("C-1"))["summaries"][0]["asin"] == asins[0]
        _, found = await seller.ask("GET", path, identifiers="3760000000000", **query)
        own = (await seller.read("C-2"))["summaries"][0]["asin"]
        assert [one["asin"] for one in found["items"]] == [own]
        assert await seller.violations() == []
