"""A feed is worked on: message by message when its time has come, or in the way that a test has ordered."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from pixee_simulators.amazon_sp_api import documents, feed_check
from pixee_simulators.amazon_sp_api.account import Account
from pixee_simulators.amazon_sp_api.errors import Refusal
from pixee_simulators.amazon_sp_api.feed_outcomes import FeedOutcome
from pixee_simulators.amazon_sp_api.feed_report import FeedReport
from pixee_simulators.amazon_sp_api.issues import Issue
from pixee_simulators.amazon_sp_api.queued_work import LISTINGS_FEED, Feed
from pixee_simulators.amazon_sp_api.storing import store
from pixee_simulators.amazon_sp_api.submissions import Outcome, Submission, considered
from pixee_simulators.kit import Shop, Violation

Record = Callable[[Shop[Account], str, Violation], None]
"""Takes what a message of a feed (by its id) should not have done."""
_SLICE = 250
"""Messages between two looks at other requests: a feed of 25,000 takes seconds."""


async def settle(shop: Shop[Account], now: float, record: Record) -> None:
    """Finish the feeds whose time has come, in the order of their ends. One that is being finished is left alone."""
    account = shop.state
    due = [one for one in account.feeds.values() if not one.end and one.ends_at <= now]
    for feed in sorted(due, key=lambda one: one.ends_at):
        if feed.id not in account.working and not feed.end:
            account.working.add(feed.id)
            try:
                await _finish(shop, feed, record)
            finally:
                account.working.discard(feed.id)


async def _finish(shop: Shop[Account], feed: Feed, record: Record) -> None:
    account, outcome = shop.state, FeedOutcome.parse(feed.outcome)
    document = account.documents[feed.document_id]
    content, document.content = document.content, None
    end = outcome.end
    if feed.type != LISTINGS_FEED or content is None:
        end = "FATAL"
    elif end != "CANCELLED":
        report = await _Work(shop, feed, outcome, record).done(content)
        if end == "DONE":
            feed.result_id = documents.written(account, report.encoded(), "application/json; charset=UTF-8").id
    feed.end = end
    shop.touch()


class _Work:
    """One listings feed. Everything happens at the feed's own end, whenever anybody looks."""

    def __init__(self, shop: Shop[Account], feed: Feed, outcome: FeedOutcome, record: Record) -> None:
        self._record = record
        self._shop, self._account = shop, shop.state
        self._feed, self._outcome = feed, outcome
        self._marketplace = feed.marketplaces[0]
        self._limits: Mapping[str, Any] = outcome.late_limits(shop.limits)

    async def done(self, content: bytes) -> FeedReport:
        account, feed = self._account, self._feed
        report = FeedReport(account, feed.id, {}, self._marketplace, feed.ends_at)
        try:
            most = int(self._shop.limits["feed_bytes"])
            header, messages = feed_check.read(content, seller_id=account.seller_id, most_bytes=most)
        except feed_check.BadFeed as bad:
            report.refused_whole(str(bad))
            return report
        report.header = header
        skus = [str(one.get("sku")) for one in messages]
        spared = self._outcome.spared(skus)
        last = int(len(messages) * self._outcome.applied) if self._outcome.end == "FATAL" else len(messages)
        for position, message in enumerate(messages[:last]):
            if position not in spared:
                self._message(message, report)
            elif self._outcome.missing_applied:
                self._message(message, None)
            if position % _SLICE == 0:
                await asyncio.sleep(0)
        report.add_strays(self._outcome.strays, len(messages))
        return report

    def _message(self, message: dict[str, Any], report: FeedReport | None) -> None:
        submission = _submission(message, self._marketplace)
        outcome = _judged(self._account, submission, feed_check.fault(message))
        what = store(
            self._account,
            submission,
            outcome,
            limits=self._limits,
            source=self._feed.id,
            now=self._feed.ends_at,
        )
        for breach in outcome.breaches:
            self._record(self._shop, self._feed.id, breach)
        counts = self._shop.counts
        if what != "nothing":
            setattr(counts, what, getattr(counts, what) + 1)
            counts.commits[f"listing_{what}"] += 1
        if report is not None:
            report.told(message.get("messageId"), submission.sku, outcome.issues)


def _judged(account: Account, submission: Submission, fault: str | None) -> Outcome:
    if fault is not None:
        return Outcome(issues=[Issue("4000000", f"The message is invalid: {fault}.")])
    try:
        return considered(account, submission)
    except Refusal as refusal:
        return Outcome(issues=[Issue("4000000", f"{refusal.message} {refusal.details}")])


def _submission(message: dict[str, Any], marketplace: str) -> Submission:
    sku, operation, kind = str(message.get("sku")), message.get("operationType"), str(message.get("productType", ""))
    if operation == "DELETE":
        return Submission(sku, marketplace, "DELETE")
    attributes = message.get("attributes")
    if operation == "UPDATE":
        requirements = str(message.get("requirements", "LISTING"))
        return Submission(sku, marketplace, "UPDATE", kind, requirements, attributes or {})
    if operation == "PARTIAL_UPDATE" and isinstance(attributes, dict):
        replaced = [
            {"op": "replace", "path": f"/attributes/{name}", "value": value} for name, value in attributes.items()
        ]
        return Submission(sku, marketplace, "PATCH", kind, patches=replaced)
    return Submission(sku, marketplace, "PATCH", kind, patches=message.get("patches") or [])
