"""Which operation a path is, by the published names. Paths are read raw: an encoded slash in a SKU is no separator."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from pixee_simulators.amazon_sp_api import catalog, definitions, feeds, listing_calls, listing_reads, reports, sellers
from pixee_simulators.amazon_sp_api.published import Published
from pixee_simulators.amazon_sp_api.visit import Answer, Visit

Handler = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """`operation` is the operationId of the published model. `reads`: it changes nothing at the seller's."""

    method: str
    template: str
    operation: str
    handler: Handler
    reads: bool
    pattern: re.Pattern[str]


def table(published: Published | None) -> list[Route]:
    """The routes of one simulator."""
    searches, fed = listing_reads.Searches(), feeds.Feeds(published)
    types = "/definitions/2020-09-01/productTypes"
    items = "/listings/2021-08-01/items/{seller_id}"
    return [
        _route("GET", "/sellers/v1/marketplaceParticipations", "getMarketplaceParticipations", sellers.participations),
        _route("GET", f"{items}/{{sku}}", "getListingsItem", listing_reads.get),
        _route("PUT", f"{items}/{{sku}}", "putListingsItem", listing_calls.put),
        _route("PATCH", f"{items}/{{sku}}", "patchListingsItem", listing_calls.patch),
        _route("DELETE", f"{items}/{{sku}}", "deleteListingsItem", listing_calls.delete),
        _route("GET", items, "searchListingsItems", searches.search),
        _route("POST", "/feeds/2021-06-30/documents", "createFeedDocument", feeds.create_document),
        _route("GET", "/feeds/2021-06-30/documents/{document_id}", "getFeedDocument", feeds.get_document),
        _route("POST", "/feeds/2021-06-30/feeds", "createFeed", fed.create),
        _route("GET", "/feeds/2021-06-30/feeds", "getFeeds", feeds.listed),
        _route("GET", "/feeds/2021-06-30/feeds/{feed_id}", "getFeed", feeds.get),
        _route("DELETE", "/feeds/2021-06-30/feeds/{feed_id}", "cancelFeed", feeds.cancel),
        _route("POST", "/reports/2021-06-30/reports", "createReport", reports.create, reads=True),
        _route("GET", "/reports/2021-06-30/reports", "getReports", reports.listed),
        _route("GET", "/reports/2021-06-30/reports/{report_id}", "getReport", reports.get),
        _route("DELETE", "/reports/2021-06-30/reports/{report_id}", "cancelReport", reports.cancel, reads=True),
        _route("GET", "/reports/2021-06-30/documents/{document_id}", "getReportDocument", reports.get_document),
        _route("GET", f"{types}/{{product_type}}", "getDefinitionsProductType", definitions.get),
        _route("GET", types, "searchDefinitionsProductTypes", definitions.search),
        _route("GET", "/listings/2021-08-01/restrictions", "getListingsRestrictions", catalog.restrictions),
        _route("GET", "/catalog/2022-04-01/items", "searchCatalogItems", catalog.search),
        _route("GET", "/catalog/2022-04-01/items/{asin}", "getCatalogItem", catalog.get),
    ]


def find(routes: list[Route], method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
    """By method and undecoded path (without the query); parameters come back decoded."""
    for route in routes:
        if route.method == method and (match := route.pattern.fullmatch(raw_path)):
            return route, {name: unquote(text) for name, text in match.groupdict().items()}
    return None


def _route(method: str, template: str, operation: str, handler: Handler, *, reads: bool | None = None) -> Route:
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
    return Route(method, template, operation, handler, method == "GET" if reads is None else reads, pattern)
