"""A platform's limits as data: what kinds there are, and who shares one.

A budget of the scope `route` is kept in the memory of the worker that owns the route. The other scopes are above a route: one
budget for all connectors of the platform that have the same values in the fields of its key, kept in PostgreSQL and handed out to the workers
in small leases.
"""

import re
import zoneinfo
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_DAY = 86_400


class BudgetScope(StrEnum):
    """Who shares a budget. All but `route` are kept in the same way; the word says what the platform counts by."""

    ROUTE = "route"
    SELLER = "seller"
    APPLICATION = "application"
    DEVELOPER_TOKEN = "developer_token"
    ADDRESS = "address"


class _BudgetData(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str

    @property
    def shared(self) -> bool:
        """Whether workers share it through the database."""
        return False


class _Shareable(_BudgetData):
    scope: BudgetScope = BudgetScope.ROUTE
    key_field: str | None = Field(
        default=None,
        description="Shared budgets only: the credential or setting whose value tells them apart. Null: one for the platform.",
    )

    key_also: tuple[str, ...] = Field(
        default=(),
        description="Further credentials or settings of the key: connectors share where all of them are the same.",
    )

    @property
    def shared(self) -> bool:
        return self.scope is not BudgetScope.ROUTE

    @property
    def key_fields(self) -> tuple[str, ...]:
        """Everything that the key is made of."""
        return () if self.key_field is None else (self.key_field, *self.key_also)

    @model_validator(mode="after")
    def _key_needs_a_scope(self) -> "_Shareable":
        if self.key_field is not None and not self.shared:
            raise ValueError("key_field belongs to a shared budget: give it a scope above the route")
        if self.key_also and self.key_field is None:
            raise ValueError("key_also adds to a key_field")
        return self


class TokenBucketBudget(_Shareable):
    """`rate` calls a second on average, `burst` at once. A reading with `restore` or `maximum` replaces either (learned quota)."""

    kind: Literal["token_bucket"] = "token_bucket"
    rate: float = Field(gt=0)
    burst: float = Field(gt=0)


class WindowBudget(_Shareable):
    """At most `limit` calls in any `seconds`. Counted as a sliding window, which keeps a fixed one as well, wherever it begins."""

    kind: Literal["window"] = "window"
    limit: float = Field(ge=1)
    seconds: float = Field(gt=0)


class SlotBudget(_Shareable):
    """One call in `interval_seconds`, counted from the end of the last one.

    With `start` the platform's slots are a grid instead: they begin at that time of day (UTC) and every interval after it, and each
    takes one call.
    """

    kind: Literal["slot"] = "slot"
    interval_seconds: float = Field(gt=0)
    start: str | None = Field(default=None, description="Time of day of one slot's beginning, HH:MM in UTC.")

    @property
    def offset(self) -> float | None:
        """Seconds after midnight UTC at which a slot begins; null: no grid."""
        if self.start is None:
            return None
        hours, minutes = self.start.split(":")
        return (int(hours) * 3600 + int(minutes) * 60) % self.interval_seconds

    @model_validator(mode="after")
    def _grid_fits_a_day(self) -> "SlotBudget":
        if self.start is not None:
            if re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", self.start) is None:
                raise ValueError("start is a time of day, HH:MM")
            if _DAY % self.interval_seconds:
                raise ValueError("slots with a start must divide the day evenly")
        return self


class DailyBudget(_Shareable):
    """`limit` calls a day; the day begins at `reset_hour` in `time_zone`."""

    kind: Literal["daily"] = "daily"
    limit: float = Field(ge=1)
    reset_hour: int = Field(default=0, ge=0, le=23)
    time_zone: str = "UTC"

    @model_validator(mode="after")
    def _zone_is_known(self) -> "DailyBudget":
        try:
            zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {self.time_zone}") from error
        return self


class CostBudget(_BudgetData):
    """A leaky bucket of points: `maximum` in the bucket, `restore` points a second; what a call did not use is given back."""

    kind: Literal["cost"] = "cost"
    maximum: float = Field(gt=0)
    restore: float = Field(gt=0)


class ConcurrencyBudget(_BudgetData):
    """At most `limit` calls in flight."""

    kind: Literal["concurrency"] = "concurrency"
    limit: int = Field(ge=1)


SharedBudgetSpec = TokenBucketBudget | WindowBudget | SlotBudget | DailyBudget
Budget = Annotated[SharedBudgetSpec | CostBudget | ConcurrencyBudget, Field(discriminator="kind")]
