"""The processing report of a feed: which messages were refused and how many were taken (published schema v2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pixee_simulators.amazon_sp_api import listing_wire
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.issues import Issue

_STRAY = Issue("90000900", "The message could not be processed.")


@dataclass(slots=True)
class FeedReport:
    """Filled while the feed is worked on. Messages without issues are not named unless `header` asks for items."""

    account: Account
    feed_id: str
    header: Mapping[str, Any]
    marketplace: str
    now: float
    issues: list[dict[str, Any]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    invalid: int = 0

    def refused_whole(self, message: str) -> None:
        """A feed-level issue: no message is named, all have failed."""
        self.issues.append({"code": "4000000", "severity": "ERROR", "message": message})

    def told(self, message_id: Any, sku: str, issues: list[Issue]) -> None:
        for one in issues:
            entry: dict[str, Any] = {"messageId": message_id, "sku": sku, "code": one.code, "severity": one.severity}
            self.issues.append(entry | {"message": one.message} | _named(one))
        if any(one.severity == "ERROR" for one in issues):
            self.invalid += 1
        else:
            self.accepted.append(sku)

    def add_strays(self, count: int, highest: int) -> None:
        for number in range(1, count + 1):
            stray = {"messageId": highest + number, "sku": f"STRAY-{number}", "code": _STRAY.code}
            self.issues.append(stray | {"severity": _STRAY.severity, "message": _STRAY.message})

    def encoded(self) -> bytes:
        """The report as JSON."""
        header: dict[str, Any] = {"sellerId": self.account.seller_id, "version": "2.0", "feedId": self.feed_id}
        summary: dict[str, Any] = {
            "errors": sum(one["severity"] == "ERROR" for one in self.issues),
            "warnings": sum(one["severity"] == "WARNING" for one in self.issues),
            "messagesProcessed": len(self.accepted) + self.invalid,
            "messagesAccepted": len(self.accepted),
            "messagesInvalid": self.invalid,
        }
        report: dict[str, Any] = {"header": header, "issues": self.issues, "summary": summary}
        if (asked := self.header.get("report")) is not None:
            header["report"] = asked
            items = [self._item(sku, asked["includedData"]) for sku in dict.fromkeys(self.accepted)]
            told = [issue for one in items for issue in one.get("issues", ())]
            summary["itemSummary"] = {
                "items": len(items),
                "errors": sum(one["severity"] == "ERROR" for one in told),
                "warnings": sum(one["severity"] == "WARNING" for one in told),
            }
            report["items"] = items
        return orjson.dumps(report)

    def _item(self, sku: str, wanted: list[str]) -> dict[str, Any]:
        listing = self.account.listings.by_key.get((sku, self.marketplace))
        if listing is None or listing.shown is None or listing.shown.gone:
            return {"sku": sku}
        return listing_wire.item(listing, wanted, self.now)


def _named(issue: Issue) -> dict[str, str]:
    return {"attributeName": issue.attribute} if issue.attribute else {}
