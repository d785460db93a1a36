"""The full list of a large account: GET_MERCHANT_LISTINGS_ALL_DATA, made by Amazon in minutes, read in pages of twenty.

The report names the listings; what they are is asked for (EAN, description, pictures and relations are not in it). Its SKUs stay in
memory from page to page; a process that does not have them gets the document again, whose address lives for five minutes.
"""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.platforms.amazon_sp_api import manifest
from pixee_workers.platforms.amazon_sp_api.families import products_of
from pixee_workers.platforms.amazon_sp_api.files import fetched
from pixee_workers.platforms.amazon_sp_api.listings import shown
from pixee_workers.platforms.amazon_sp_api.manifest import ITEMS
from pixee_workers.platforms.amazon_sp_api.marketplaces import marketplace_of
from pixee_workers.platforms.amazon_sp_api.requests import REPORTS, ask, contract_broken
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.outcomes import PullPage

_TYPE = "GET_MERCHANT_LISTINGS_ALL_DATA"
_WAIT_SECONDS = 45.0
_SKU = "seller-sku"
_KEY = "report:"
_CODECS = {"windows-31j": "cp932", "": "iso-8859-1"}
"""Charsets under Amazon's names; where it states none the report is Latin-1 (sheet, "Pull products")."""
_INCLUDED = ("summaries", "attributes", "offers", "fulfillmentAvailability", "relationships", "productTypes")


async def begin(context: CallContext, at: datetime) -> PullPage:
    """Ask for the report. Asking twice makes two, of which one is read."""
    body = {"reportType": _TYPE, "marketplaceIds": [marketplace_of(context.settings).id]}
    told, _ = await ask(context, "POST", f"{REPORTS}/reports", label=manifest.CREATE_REPORT, body=body, safe=False)
    number = told.get("reportId") if isinstance(told, Mapping) else None
    if not number:
        raise contract_broken("a report has no id")
    return PullPage((), {"report": str(number), "at": at.isoformat()}, at)


async def pull(cursor: Mapping[str, JsonValue], context: CallContext) -> PullPage:
    """Cursor: `report` (its id), `at` (when the pull began), then `document` and `row` (SKUs read so far)."""
    at = datetime.fromisoformat(str(cursor["at"]))
    document = cursor.get("document")
    if document is None:
        return await _look(cursor, at, context)
    skus = await _skus(str(document), context)
    row = int(str(cursor.get("row") or 0))
    part = skus[row : row + ITEMS]
    there = await shown(context, part, _INCLUDED)
    products = await products_of([there[sku] for sku in part if sku in there], context, _INCLUDED, elsewhere=skus)
    following = {**cursor, "row": row + len(part)} if row + len(part) < len(skus) else None
    return PullPage(products, following, at)


async def _look(cursor: Mapping[str, JsonValue], at: datetime, context: CallContext) -> PullPage:
    """Is it made? CANCELLED can mean that there is nothing to report."""
    told, _ = await ask(context, "GET", f"{REPORTS}/reports/{cursor['report']}", label=manifest.GET_REPORT)
    state = told.get("processingStatus") if isinstance(told, Mapping) else None
    match state:
        case "IN_QUEUE" | "IN_PROGRESS":
            return PullPage((), cursor, at, wait_seconds=_WAIT_SECONDS)
        case "DONE" if told.get("reportDocumentId"):
            return PullPage((), {**cursor, "document": str(told["reportDocumentId"]), "row": 0}, at)
        case "CANCELLED":
            return PullPage((), None, at)
        case "FATAL":
            message = "Amazon could not make the report of all listings."
            raise PlatformFault(FaultKind.UNAVAILABLE, FaultScope.OPERATION, ReasonCode.UNAVAILABLE, message)
        case _:
            raise contract_broken(f"a report is in the state {state}")


async def _skus(document: str, context: CallContext) -> list[str]:
    kept: list[str] | None = context.memory.get(f"{_KEY}{document}")
    if kept is not None:
        return kept
    told, _ = await ask(context, "GET", f"{REPORTS}/documents/{document}", label=manifest.GET_REPORT_DOCUMENT)
    if not isinstance(told, Mapping) or not told.get("url"):
        raise contract_broken("a report has no address")
    raw, headers = await fetched(context, told, label="report")
    skus = skus_of(raw, headers)
    for old in [key for key in context.memory if key.startswith(_KEY)]:
        context.memory.pop(old, None)
    context.memory[f"{_KEY}{document}"] = skus
    return skus


def skus_of(raw: bytes, headers: Mapping[str, str]) -> list[str]:
    """The SKUs of a report: tab separated, columns by their names, in whatever charset Amazon says."""
    text = raw.decode(_charset(headers), errors="replace")
    rows: Any = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    if rows.fieldnames is None or _SKU not in rows.fieldnames:
        raise contract_broken(f"a report of listings has no column {_SKU}")
    return sorted({sku for row in rows if (sku := (row.get(_SKU) or "").strip())})


def _charset(headers: Mapping[str, str]) -> str:
    named = headers.get("content-type", "").lower().partition("charset=")[2].strip(' ";')
    codec = _CODECS.get(named, named)
    try:
        "".encode(codec)
    except LookupError:
        return _CODECS[""]
    return codec
