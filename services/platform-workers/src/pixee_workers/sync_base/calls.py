"""One HTTP call as an adapter asks for it, and the context through which every call goes.

The context spends the budgets, checks the worker's own life, takes its deadline from it, traces, retries what is safe to retry
within ten seconds, and turns the answer into a fault where the adapter's `classify` says so. Adapters hold no client.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pixee_common.crypto import Credentials
from pixee_common.domain.ids import AccountId, ConnectorId
from pixee_common.domain.mapping import ConnectorMapping
from pixee_common.egress import HttpAnswer


class ConnectorSettings(BaseModel):
    """What an adapter may know of a connector beside its credentials. `extra` holds the platform's own settings by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str = Field(
        description="The shop's host or base URL as the manifest's address setting has it, normalised: no trailing slash."
    )
    currency: str | None = Field(default=None, description="The shop's currency; ISO 4217.")
    locale: str | None = None
    channel: str | None = None
    locations: tuple[str, ...] = Field(default=(), description="Our locations whose stock counts; empty: all.")
    on_delete: str = "unpublish"
    extra: Mapping[str, str] = Field(default_factory=dict)
    mapping: ConnectorMapping = ConnectorMapping()


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request. `label` names it in traces, metrics and budgets (`productSet`, `products/batch`).

    `safe` says that repeating it makes nothing twice (reads, upserts by key, absolute values): only such a call is repeated
    by the context after an answer that was lost. `spend` is what it takes from each named budget before it is sent.
    Headers and content stay out of its repr: credentials stand in them.
    """

    method: str
    url: str
    label: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    safe: bool = True
    spend: Mapping[str, float] = field(default_factory=dict)
    deadline_seconds: float = 60.0
    sign: "Callable[[HttpRequest], HttpRequest] | None" = field(default=None, repr=False)
    """Applied to each attempt just before it is sent, for signatures that are good once."""


@dataclass(frozen=True, slots=True)
class BudgetReading:
    """What an answer tells of a budget: any part of it may be unknown (null). An empty name means the first that the call spent."""

    budget: str
    available: float | None = None
    maximum: float | None = None
    restore: float | None = None
    spent: float | None = None
    """What the call really cost, where the platform says so: the rest of what was taken is given back."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token fetched from the platform; its repr does not tell it.

    `rotated`: fields of the credentials that the platform has replaced with this answer (a new refresh token), by name.
    """

    value: str = field(repr=False)
    expires_in_seconds: float
    rotated: Mapping[str, str] = field(default_factory=dict, repr=False)


class CallContext(Protocol):
    """What an adapter has in its hands during one submission."""

    account_id: AccountId
    connector_id: ConnectorId
    settings: ConnectorSettings
    credentials: Credentials
    memory: MutableMapping[str, Any]
    """Survives from call to call of the same connector in this process (ids by name, capabilities found); lost at any time."""

    @property
    def submission_key(self) -> UUID:
        """The same for every repetition of this submission, another one for any other: seeds idempotency keys."""
        ...

    def now(self) -> datetime: ...

    async def call(self, request: HttpRequest) -> HttpAnswer:
        """Send it.

        Raises:
            PlatformFault: what `Adapter.classify` made of the answer, or what the wire did (`unavailable` where nothing was
                sent, `ambiguous` where the answer was lost on a call that is not safe).
        """
        ...

    async def token(self, fetch: Callable[[], Awaitable[Token]]) -> str:
        """The current access token: one fetch for all workers, and another before it expires or after it was refused.

        `fetch` makes one token call through `call`. It reads `credentials` of this context when it runs, never before: the
        refresh token that was there a moment ago may have been replaced. What the platform replaced goes into `Token.rotated`,
        and is kept before the token is used.
        """
        ...
