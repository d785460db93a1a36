"""One seller in one region: what the simulator calls a shop. Settings are read here, once, with their defaults.

Settings (names as merchants have them): `seller_id`, `region` (NA | EU | FE), `lwa_client_id`, `lwa_client_secret`,
`refresh_token` are needed. `marketplaces` (ids, default: the region's first), `store_name`, `rotating_refresh_tokens`
(false), `revoked` (false: the merchant's consent), `denied_operations` (operation names whose role is missing),
`fba_skus`, `catalog` ({EAN: [ASIN, ...]}), `asin_types` ({ASIN: product type}, default PRODUCT), `restricted_asins`
({ASIN: reasonCode}, or {ASIN: {condition: reasonCode}}).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from pixee_simulators.amazon_sp_api.listings import Listings
from pixee_simulators.amazon_sp_api.queued_work import Feed, Report
from pixee_simulators.amazon_sp_api.regions import MARKETPLACES


@dataclass(slots=True)
class Document:
    """A file behind a presigned address. `content` is None until it was uploaded, and again when a feed has read it.
    `compressed`: it is GZIP.
    """

    id: str
    content_type: str
    content: bytes | None = None
    compressed: bool = False


_NEEDED = ("seller_id", "lwa_client_id", "lwa_client_secret", "refresh_token")
FBA_CHANNELS = {"EU": "AMAZON_EU", "NA": "AMAZON_NA", "FE": "AMAZON_JP"}


@dataclass(slots=True)
class Account:
    """`access_tokens`: token -> (expires at, scope or empty for a seller's). `refresh_tokens`: those that still work,
    `spent_tokens`: those that were rotated out.
    """

    host: str
    region: str = ""
    seller_id: str = ""
    marketplaces: tuple[str, ...] = ()
    fba_skus: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    access_tokens: dict[str, tuple[float, str]] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    spent_tokens: set[str] = field(default_factory=set)
    listings: Listings = field(default_factory=Listings)
    documents: dict[str, Document] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    working: set[str] = field(default_factory=set)
    """Feeds and reports that a request is finishing right now."""

    @classmethod
    def new(cls, host: str, settings: Mapping[str, Any]) -> "Account":
        """Raises ValueError for settings that make no seller."""
        account = cls(host=host)
        account.configure(settings)
        return account

    def configure(self, settings: Mapping[str, Any]) -> None:
        """A refresh token that differs from the one given before replaces all that were rotated since."""
        if missing := [name for name in _NEEDED if not settings.get(name)]:
            raise ValueError(f"an Amazon seller needs {', '.join(_NEEDED)}; missing: {', '.join(missing)}")
        self.region = str(settings.get("region", "EU")).upper()
        home = [one.id for one in MARKETPLACES.values() if one.region == self.region]
        if not home:
            raise ValueError(f"region is NA, EU or FE, not {self.region}")
        self.marketplaces = tuple(settings.get("marketplaces") or home[:1])
        if strange := set(self.marketplaces) - set(home):
            raise ValueError(f"no marketplaces of {self.region}: {', '.join(sorted(strange))}")
        if settings["refresh_token"] != self.settings.get("refresh_token"):
            self.refresh_tokens = {str(settings["refresh_token"])}
        self.seller_id = str(settings["seller_id"])
        self.fba_skus = frozenset(settings.get("fba_skus", ()))
        self.settings = dict(settings)

    def sells_in(self, wanted: Any) -> TypeGuard[list[str]]:
        """Whether `wanted` is a list of this seller's marketplaces, at least one."""
        return isinstance(wanted, list) and bool(wanted) and all(one in self.marketplaces for one in wanted)

    def number(self, kind: str) -> int:
        """The next number of its kind, for ids."""
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return self.numbers[kind]

    @property
    def fba_channel(self) -> str:
        return FBA_CHANNELS[self.region]
