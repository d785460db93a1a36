"""What a test may turn: rates, delays, second thoughts and bad days (`PUT /_control/limits/{host}`).

`rates` {operation: [permits per second, burst]}, `application_rates` (buckets.py) and `rate_scale`
(multiplies rates and bursts of all);
`visible_after_s` until a write is read, `asin_after_s`, `status_after_s`; `late_issue_share` (0 to 1, drawn by the
SKU's checksum) and `late_issue_skus` get an ERROR `late_issue_after_s` after they were accepted; `access_token_s`;
`search_cap` results per query; `document_s` that a presigned address works. A feed waits `feed_queue_s` and then for
the seller's earlier ones, takes `feed_s` plus `feed_message_s` per message, and may have `feed_bytes`; `next_feeds` is
how the next ones shall end (feed_outcomes.py); getFeeds lists it after `feed_listed_after_s`. A report waits `report_queue_s`, takes `report_s`, is written in
`report_charset`; `next_reports` is how the next ones shall end (DONE | CANCELLED | FATAL). All times are seconds of the simulator's clock.
"""

from collections.abc import Mapping
from typing import Any

from pixee_simulators.amazon_sp_api.feed_outcomes import FeedOutcome

DEFAULTS: dict[str, Any] = {
    "rates": {},
    "application_rates": {},
    "rate_scale": 1.0,
    "access_token_s": 3600,
    "visible_after_s": 0.0,
    "asin_after_s": 0.0,
    "status_after_s": 0.0,
    "late_issue_share": 0.0,
    "late_issue_skus": [],
    "late_issue_after_s": 60.0,
    "search_cap": 1000,
    "document_s": 300,
    "feed_queue_s": 5.0,
    "feed_s": 60.0,
    "feed_message_s": 0.01,
    "feed_listed_after_s": 0.0,
    "feed_bytes": 10 * 1024 * 1024,
    "next_feeds": [],
    "report_queue_s": 5.0,
    "report_s": 60.0,
    "report_charset": "UTF-8",
    "next_reports": [],
}

RATES = frozenset({"rates", "rate_scale", "application_rates"})


def checked(limits: Mapping[str, Any]) -> None:
    """Raises ValueError for a value that cannot be meant."""
    for name in ("rates", "application_rates"):
        for operation, rate in limits[name].items():
            if not isinstance(rate, list) or len(rate) != 2:
                raise ValueError(f"{name}: {operation} needs [permits per second, burst]")
    if not 0 <= float(limits["late_issue_share"]) <= 1:
        raise ValueError("late_issue_share is between 0 and 1")
    for outcome in limits["next_feeds"]:
        FeedOutcome.parse(outcome)
    if set(limits["next_reports"]) - {"DONE", "CANCELLED", "FATAL"}:
        raise ValueError("a report ends DONE, CANCELLED or FATAL")
