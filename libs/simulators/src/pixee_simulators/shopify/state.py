"""What the simulator keeps per shop: contents, the bucket, and lists kept sorted between requests."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from pixee_simulators.shopify.bucket import Bucket
from pixee_simulators.shopify.pages import Sorted
from pixee_simulators.shopify.records import Location
from pixee_simulators.shopify.store import Store

FIRST_LOCATION = 124_656_943
DEFAULT_LIMITS: dict[str, Any] = {
    "maximumAvailable": 2000,
    "restoreRate": 100,
    "max_query_cost": 1000,
    "deep_pagination": 25_000,
    "media_s": 2.0,
    "operation_s": 2.0,
    "bulk_s": 4.0,
    "bulk_queries": 5,
    "bulk_mutations": 5,
    "bulk_fails": 0,
    "bulk_error": "INTERNAL_SERVER_ERROR",
    "search_lag_s": 0.0,
    "synchronous_variants": 2048,
    "gateway_timeout_s": 10.0,
    "null_payloads": 0,
    "null_payload_operation": "",
    "null_payload_commits": True,
}
"""`maximumAvailable`/`restoreRate`: the bucket, in points and points a second. `media_s`/`operation_s`: how long images
and background productSets take. `search_lag_s`: how far searches lag behind writes. `bulk_s`: how long a
bulk operation takes; at most `bulk_queries` and `bulk_mutations` run at once; the next `bulk_fails` of them end FAILED with `bulk_error`. A synchronous productSet of more
than `synchronous_variants` variants is committed and cut with 504 after `gateway_timeout_s`. The next `null_payloads`
mutations (of `null_payload_operation`, empty: any) answer a null payload with INTERNAL_SERVER_ERROR, done or
(`null_payload_commits` false) not done.
"""


@dataclass(slots=True)
class ShopState:
    store: Store
    bucket: Bucket
    lists: OrderedDict[tuple[object, ...], tuple[int, Sorted[Any]]] = field(default_factory=OrderedDict)


def place_locations(store: Store, settings: dict[str, Any], now: float) -> None:
    """Setting `locations`: list of `{id?, name, active?, online?}`; default one, "Shop location". Known ids are
    updated. Raises ValueError for anything else.
    """
    listed = settings.get("locations", [{"name": "Shop location"}])
    if not isinstance(listed, list) or not all(isinstance(one, dict) and one.get("name") for one in listed):
        raise ValueError("locations must be a list of objects with a name")
    for index, one in enumerate(listed):
        number = int(one.get("id", FIRST_LOCATION + index))
        online, active = bool(one.get("online", True)), bool(one.get("active", True))
        store.locations[number] = Location(number, str(one["name"]), active, online, int(now))
