"""What a test may turn: rates, delays, second thoughts and bad days (`PUT /_control/limits/{host}`).

`rates` {operation: [permits per second, burst]}, `application_rates` (buckets.py) and `rate_scale`
(multiplies rates and bursts of all);
`visible_after_s` until a write is read, `asin_after_s`, `status_after_s`; `late_issue_share` (0 to 1, drawn by the
SKU's checksum) and `late_issue_skus` get an ERROR `late_issue_after_s` after they were accepted; `access_token_s`;
`search_cap` results per query. All times are seconds of the simulator's clock.
"""

from collections.abc import Mapping
from typing import Any

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
}


def checked(limits: Mapping[str, Any]) -> None:
    """Raises ValueError for a value that cannot be meant."""
    for name in ("rates", "application_rates"):
        for operation, rate in limits[name].items():
            if not isinstance(rate, list) or len(rate) != 2:
                raise ValueError(f"{name}: {operation} needs [permits per second, burst]")
    if not 0 <= float(limits["late_issue_share"]) <= 1:
        raise ValueError("late_issue_share is between 0 and 1")
