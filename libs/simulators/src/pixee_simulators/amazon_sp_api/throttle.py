"""Which buckets a request must pass: the operation's, the application's and those of what is inside (sheet, "Rate
limits and retries").
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pixee_simulators.amazon_sp_api.buckets import Buckets, application_rate_of, rate_of
from pixee_simulators.amazon_sp_api.errors import Refusal, too_many
from pixee_simulators.amazon_sp_api.listing_calls import PREVIEW
from pixee_simulators.amazon_sp_api.product_types import OFFER_ATTRIBUTES, RELATIONSHIP_ATTRIBUTES
from pixee_simulators.amazon_sp_api.visit import Visit

_SCOPES = {
    "productData": "for product data",
    "relationships": "for relationships",
}


class Throttle:
    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets

    def pass_through(self, visit: Visit, operation: str) -> None:
        """Raises Refusal (429) when any bucket is empty; what was taken from the others is gone."""
        application = str(visit.account.settings["lwa_client_id"])
        for name in _seller_buckets(visit, operation):
            rate = rate_of(name, visit.limits)
            if rate and not self._buckets.take((name, visit.account.host, application), rate, visit.now):
                raise too_many()
        for name in _application_buckets(visit, operation):
            rate = application_rate_of(name, visit.limits)
            if rate and not self._buckets.take((name, application), rate, visit.now):
                raise too_many(_SCOPES.get(name, "for the application"))

    def told(self, operation: str, limits: Mapping[str, Any]) -> str | None:
        """`x-amzn-RateLimit-Limit`: the seller's rate, as text."""
        rate = rate_of(operation, limits)
        return None if rate is None else str(round(rate[0], 4))


def _seller_buckets(visit: Visit, operation: str) -> Iterator[str]:
    yield operation
    if operation == "createFeed" and b"JSON_LISTINGS_FEED" in visit.call.body:
        yield "createFeed:JSON_LISTINGS_FEED"


def _application_buckets(visit: Visit, operation: str) -> Iterator[str]:
    if visit.query.get("mode") == PREVIEW:
        yield "preview"
    else:
        yield operation
    if operation == "patchListingsItem":
        touched = _touched(visit)
        if touched & RELATIONSHIP_ATTRIBUTES:
            yield "relationships"
        if touched - RELATIONSHIP_ATTRIBUTES - OFFER_ATTRIBUTES:
            yield "productData"


def _touched(visit: Visit) -> set[str]:
    try:
        patches = visit.body().get("patches", ())
        return {str(one["path"]).removeprefix("/attributes/") for one in patches}
    except (Refusal, TypeError, KeyError):
        return set()
