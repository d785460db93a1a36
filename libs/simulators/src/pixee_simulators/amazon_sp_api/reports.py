"""The Reports API 2021-06-30, with the one report that lists all of a seller's listings."""

import asyncio

from pixee_simulators.amazon_sp_api import documents, feeds, job_lists, report_rows
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.errors import invalid_input, not_found
from pixee_simulators.amazon_sp_api.queued_work import Report
from pixee_simulators.amazon_sp_api.visit import Answer, Visit
from pixee_simulators.kit import Shop

_SLICE = 250
"""Rows between two looks at other requests."""
ALL_LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"


def create(visit: Visit) -> Answer:
    body, account = visit.body(), visit.account
    kind, marketplaces = body.get("reportType"), body.get("marketplaceIds")
    if kind != ALL_LISTINGS:
        raise invalid_input("Invalid reportType provided.")
    if not account.sells_in(marketplaces):
        raise invalid_input("Invalid marketplaceIds provided.")
    wanted = "DONE"
    if visit.limits["next_reports"]:
        wanted, *rest = visit.limits["next_reports"]
        visit.limits["next_reports"] = rest
    starts = visit.now + float(visit.limits["report_queue_s"])
    report = Report(
        id=str(60_000_000_000 + account.number("report")),
        type=kind,
        marketplaces=marketplaces,
        created_at=visit.now,
        starts_at=starts,
        ends_at=starts + float(visit.limits["report_s"]),
        wanted=wanted,
    )
    account.reports[report.id] = report
    visit.call.touched(ids=[report.id])
    return Answer({"reportId": report.id}, 202)


def get(visit: Visit) -> Answer:
    return Answer(_report(visit).wire(visit.now))


def listed(visit: Visit) -> Answer:
    return Answer(job_lists.page(visit, visit.account.reports.values(), key="reports", types="reportTypes"))


def cancel(visit: Visit) -> Answer:
    """Only while it is queued."""
    _report(visit).cancel(visit.now)
    return Answer({})


def get_document(visit: Visit) -> Answer:
    answer = feeds.document_answer(visit, visit.path["document_id"])
    return Answer({"reportDocumentId": answer.pop("feedDocumentId")} | answer)


async def settle(shop: Shop[Account], now: float) -> None:
    """Write the reports whose time has come: what reads show now. Without a listing there is none: CANCELLED."""
    account = shop.state
    for report in list(account.reports.values()):
        if report.end or report.ends_at > now or report.id in account.working:
            continue
        account.working.add(report.id)
        try:
            await _finish(shop, report)
        finally:
            account.working.discard(report.id)


async def _finish(shop: Shop[Account], report: Report) -> None:
    account = shop.state
    listings = sorted(account.listings.visible(frozenset(report.marketplaces)), key=lambda one: one.sku)
    end = report.wanted if listings else "CANCELLED"
    if end == "DONE":
        lines = [report_rows.HEADER]
        for position, listing in enumerate(listings):
            lines.append(report_rows.line(listing, report.ends_at))
            if position % _SLICE == 0:
                await asyncio.sleep(0)
        charset = str(shop.limits["report_charset"])
        content = "\r\n".join([*lines, ""]).encode(charset, "replace")
        report.result_id = documents.written(account, content, f"text/plain; charset={charset}").id
    report.end = end
    shop.touch()


def _report(visit: Visit) -> Report:
    report = visit.account.reports.get(visit.path["report_id"])
    if report is None:
        raise not_found("The report does not exist.")
    visit.call.touched(ids=[report.id])
    return report
