"""A shop and its adapter, scripted: answers can be put in line, everything else is written to a dictionary."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.product import plain_decimal
from pixee_common.domain.reasons import ReasonCode
from pixee_common.egress import HttpAnswer
from pixee_common.platforms.manifest import (
    Capability,
    CostBudget,
    CredentialField,
    HostSpec,
    Manifest,
    Mode,
    SettingField,
)
from pixee_common.platforms.requirements import Choice, Requirements
from pixee_workers.sync_base.calls import BudgetReading, HttpRequest
from pixee_workers.sync_base.items import Action, Listing, PriceItem, ProductItem, StockItem
from pixee_workers.sync_base.outcomes import (
    Found,
    Linked,
    Outcome,
    PollResult,
    PullPage,
    Refusal,
    Submission,
    TestReport,
)

BUDGET = "points"


def manifest(**capability: Any) -> Manifest:
    base: dict[str, Any] = {"mode": Mode.BULK, "max_items": 50, **capability}
    pushes = (Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK, Operation.PUSH_PRICES)
    simple = {k: v for k, v in base.items() if k not in {"idempotency", "look_up_new", "settle_seconds"}}
    return Manifest(
        slug="fake",
        title="Fake",
        version="1",
        api_version="1",
        credentials=(CredentialField(name="token", label="Token"),),
        credential_sets=(("token",),),
        settings=(SettingField(name="shop", label="Shop"),),
        host=HostSpec(address_setting="shop", pattern=r"[a-z0-9-]+\.fake\.test"),
        capabilities={
            **{op: Capability(**(base if op is Operation.PUSH_PRODUCTS else simple)) for op in pushes},
            Operation.PULL_PRODUCTS: Capability(mode=Mode.BULK, max_items=50),
        },
        budgets=(CostBudget(name=BUDGET, maximum=1000, restore=100),),
    )


@dataclass
class FakeShop:
    """Answers requests; `script` answers first (an answer, an exception, or a function of the label)."""

    script: deque[Any] = field(default_factory=deque)
    seen: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    async def request(self, method, url, *, rule, deadline, headers=None, content=None):
        self.seen.append((url, dict(headers or {})))
        step = self.script.popleft() if self.script else answer()
        if callable(step):
            step = await step()
        if isinstance(step, BaseException):
            raise step
        return step


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> HttpAnswer:
    return HttpAnswer(status, httpx.Headers({k.replace("_", "-"): v for k, v in headers.items()}), body, 0.01)


def fault(
    kind: FaultKind = FaultKind.UNAVAILABLE,
    scope: FaultScope = FaultScope.SUBMISSION,
    reason: ReasonCode = ReasonCode.UNAVAILABLE,
    retry_after: float | None = None,
) -> PlatformFault:
    return PlatformFault(kind, scope, reason, f"fault {kind}", retry_after=retry_after)


class FakeAdapter:
    """Keeps products by our key in `products`; `judge` may give an item another outcome, `faults` come first."""

    def __init__(self, declared: Manifest | None = None) -> None:
        self.manifest = declared or manifest()
        self.products: dict[str, dict[str, Any]] = {}
        self.submitted: list[list[Any]] = []
        self.found: list[list[UUID]] = []
        self.pulled: list[Any] = []
        self.faults: deque[PlatformFault | None] = deque()
        self.judge: Callable[[Any], Outcome | None] = lambda item: None
        self.finds: Callable[[Any], Found | None] = self._find
        self.remote: tuple[Any, ...] = ()
        self.poll_results: deque[Any] = deque()
        self.currency: str | None = "EUR"
        self.too_many: int | None = None
        self.safe = True

    async def test(self, context):
        await context.call(HttpRequest("GET", "https://a.fake.test/shop", "shop"))
        return TestReport("a.fake.test", "A shop", self.currency, ("read",), ())

    async def describe(self, context):
        await context.call(HttpRequest("GET", "https://a.fake.test/locations", "locations"))
        return Requirements(locations=(Choice(code="1", label="Main"),))

    def mapped(self, operation, item, settings):
        if isinstance(item, StockItem):
            return {"sku": item.sku, "quantity": item.quantity}
        if isinstance(item, PriceItem):
            return {"sku": item.sku, "price": plain_decimal(item.price.amount), "currency": item.price.currency}
        title = item.product.names[min(item.product.names)]
        if title == "explode":
            raise RuntimeError("mapping bug")
        if title == "refuse":
            return Refusal(ReasonCode.MISSING_FIELD, "The brand is missing.", "brand")
        return {"key": item.product.key, "title": title, "skus": [v.variant.sku for v in item.variants]}

    def weight(self, operation, item):
        return len(item.variants) if isinstance(item, ProductItem) else 1

    async def submit(self, operation, items, context):
        self.submitted.append([mapped.item for mapped in items])
        await context.call(
            HttpRequest("POST", "https://a.fake.test/write", "write", safe=self.safe, spend={BUDGET: len(items)})
        )
        if self.too_many is not None and len(items) > self.too_many:
            raise fault(FaultKind.TOO_BIG, reason=ReasonCode.TOO_BIG)
        if self.faults and (raised := self.faults.popleft()) is not None:
            raise raised
        return Submission(tuple(self.judge(m.item) or self._applied(m.item) for m in items), self.remote)

    def _applied(self, item):
        if not isinstance(item, ProductItem):
            return Outcome(item.id, OutcomeKind.APPLIED)
        if item.action is Action.DELETE:
            self.products.pop(item.product.key, None)
            return Outcome(item.id, OutcomeKind.APPLIED)
        created = item.listing is None
        if created and item.product.key in self.products:
            raise AssertionError(f"{item.product.key} would be there twice")
        self.products[item.product.key] = {"title": item.product.names}
        return Outcome(
            item.id,
            OutcomeKind.APPLIED,
            linked=self.linked(item),
            created=created,
            carried_stock=created,
            carried_price=created,
        )

    def linked(self, item) -> Linked:
        key = item.product.key
        variants = {v.id: Listing(f"v-{v.variant.sku}", f"p-{key}") for v in item.variants}
        return Linked(Listing(f"p-{key}"), variants)

    def _find(self, item) -> Found | None:
        return Found(self.linked(item)) if item.product.key in self.products else None

    async def find(self, operation, items, context):
        self.found.append([item.id for item in items])
        await context.call(HttpRequest("GET", "https://a.fake.test/find", "find"))
        return {item.id: self.finds(item) for item in items}

    async def poll(self, remote_job, context):
        await context.call(HttpRequest("GET", "https://a.fake.test/job", "job"))
        result = self.poll_results.popleft()
        if isinstance(result, BaseException):
            raise result
        return result if isinstance(result, PollResult) else PollResult(tuple(result), done=True)

    async def pull(self, cursor, since, context):
        self.pulled.append((cursor, since))
        await context.call(HttpRequest("GET", "https://a.fake.test/list", "list"))
        return PullPage((), {"page": 2}, datetime(2026, 1, 1, tzinfo=UTC))

    def classify(self, answer):
        retry = answer.headers.get("retry-after")
        after = float(retry) if retry else None
        if answer.status == 429:
            return fault(FaultKind.THROTTLED, reason=ReasonCode.THROTTLED, retry_after=after)
        if answer.status == 401:
            return fault(FaultKind.CREDENTIALS, FaultScope.CONNECTOR, ReasonCode.CREDENTIALS_REFUSED)
        if answer.status >= 500:
            return fault(FaultKind.UNAVAILABLE, retry_after=after)
        if answer.status == 418:
            return fault(FaultKind.CONTRACT_BROKEN, reason=ReasonCode.CONTRACT_BROKEN)
        return None

    def observe(self, answer) -> Sequence[BudgetReading]:
        left = answer.headers.get("points-left")
        return [BudgetReading(BUDGET, available=float(left))] if left else []


def outcome_for(item: Any, kind: OutcomeKind, reason: ReasonCode | None = None, **more: Any) -> Outcome:
    return replace(Outcome(item.id, kind, reason, "because"), **more)
