"""Token buckets by the simulator's clock: one per (operation, seller, application) and one per (operation, application).

Default rates are the sheet's; `limits["rates"]` (operation -> [permits per second, burst]) and `limits["rate_scale"]`
change them per seller, `limits["application_rates"]` the application's.
"""

from collections.abc import Mapping
from typing import Any

RATES: dict[str, tuple[float, float]] = {
    "putListingsItem": (5, 5),
    "patchListingsItem": (5, 5),
    "getListingsItem": (5, 5),
    "searchListingsItems": (5, 5),
    "deleteListingsItem": (5, 5),
    "getListingsRestrictions": (5, 10),
    "getDefinitionsProductType": (5, 5),
    "searchDefinitionsProductTypes": (5, 5),
    "searchCatalogItems": (2, 2),
    "getCatalogItem": (2, 2),
    "createFeed": (1 / 120, 15),
    "createFeed:JSON_LISTINGS_FEED": (5 / 300, 5),
    "createFeedDocument": (0.5, 15),
    "getFeed": (2, 15),
    "cancelFeed": (2, 15),
    "getFeeds": (1 / 45, 10),
    "getFeedDocument": (1 / 45, 10),
    "createReport": (1 / 60, 15),
    "getReport": (2, 15),
    "cancelReport": (1 / 45, 10),
    "getReports": (1 / 45, 10),
    "getReportDocument": (1 / 60, 15),
    "getMarketplaceParticipations": (0.016, 15),
}
"""Permits per second and burst of one seller and application."""

APPLICATION_RATES: dict[str, tuple[float, float]] = {
    "putListingsItem": (100, 100),
    "patchListingsItem": (500, 500),
    "getListingsRestrictions": (100, 100),
    "preview": (20, 20),
    "productData": (100, 100),
    "relationships": (5, 5),
}
"""Permits per second and burst of one application over all its sellers."""

_GRAIN = 1e-6


class Buckets:
    """The levels. Not kept over a restart: a bucket then begins full."""

    def __init__(self) -> None:
        self._levels: dict[tuple[str, ...], tuple[float, float]] = {}

    def take(self, key: tuple[str, ...], rate: tuple[float, float], now: float) -> bool:
        """One permit, or False."""
        permits, burst = rate
        level, at = self._levels.get(key, (burst, now))
        level = min(burst, level + max(0.0, now - at) * permits)
        taken = level >= 1 - _GRAIN
        self._levels[key] = (level - 1 if taken else level, now)
        return taken

    def forget(self, part: str) -> None:
        """All buckets of a seller (or application) are full again."""
        self._levels = {key: level for key, level in self._levels.items() if part not in key}


def rate_of(operation: str, limits: Mapping[str, Any]) -> tuple[float, float] | None:
    """Permits per second and burst for one seller now; None when the operation is not limited."""
    given = limits["rates"].get(operation)
    permits, burst = given if given is not None else RATES.get(operation, (0.0, 0.0))
    scale = float(limits["rate_scale"])
    return (permits * scale, burst * scale) if burst else None


def application_rate_of(name: str, limits: Mapping[str, Any]) -> tuple[float, float] | None:
    given = limits["application_rates"].get(name)
    permits, burst = given if given is not None else APPLICATION_RATES.get(name, (0.0, 0.0))
    scale = float(limits["rate_scale"])
    return (permits * scale, burst * scale) if burst else None
