"""What a platform is, as data: credentials, settings, hosts, capabilities, field policies and budgets.

A manifest is written once, in the platform's own folder at the workers. The committed catalogue (`catalogue.json`, made by
`make generate`) carries all of them to the gateway, which therefore validates a connector without importing an adapter.
Behaviour branches on these facts, never on a platform's name.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pixee_common.domain.job import Operation
from pixee_common.platforms.budget_specs import (
    Budget,
    BudgetScope,
    ConcurrencyBudget,
    CostBudget,
    DailyBudget,
    SharedBudgetSpec,
    SlotBudget,
    TokenBucketBudget,
    WindowBudget,
)

__all__ = [
    "Atomicity",
    "Budget",
    "BudgetScope",
    "Capability",
    "ConcurrencyBudget",
    "CostBudget",
    "CredentialField",
    "DailyBudget",
    "FieldPolicy",
    "Finality",
    "Guard",
    "HostSpec",
    "Idempotency",
    "Manifest",
    "Mode",
    "Semantics",
    "SettingField",
    "SharedBudgetSpec",
    "SlotBudget",
    "TokenBucketBudget",
    "Upload",
    "WindowBudget",
]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CredentialField(_Data):
    """One secret, or one public half of a secret, that the merchant enters."""

    name: str
    label: str
    pattern: str | None = Field(default=None, description="Full-match regular expression.")
    help: str = ""


class SettingField(_Data):
    """One value of a connector that is no secret."""

    name: str
    label: str
    required: bool = False
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    default: str | None = None
    help: str = ""
    rewrites: tuple[tuple[str, str], ...] = Field(
        default=(),
        description="(regular expression, replacement) pairs that bring what people paste into the form wanted.",
    )


class HostSpec(_Data):
    """Where requests of this platform may go. Without a pattern any public host will do (self-hosted shops)."""

    address_setting: str = Field(description="The setting that holds the shop's host or URL.")
    pattern: str | None = Field(default=None, description="Full-match regular expression on the lower-case host.")
    extra_hosts: tuple[str, ...] = Field(default=(), description="Further hosts, exact, for example token endpoints.")
    ports: tuple[int, ...] = (443, 8443)
    schemes: tuple[str, ...] = Field(
        default=("https",), description="`http` too: only for hosts that the operator names (PIXEE_EGRESS_PLAIN_HTTP)."
    )
    keep_path: bool = Field(default=False, description="Whether the address may name a sub-directory.")
    file_hosts: tuple[str, ...] = Field(
        default=(), description="Domain suffixes of presigned URLs to which files go and from which they come."
    )
    identity_settings: tuple[str, ...] = Field(
        default=(), description="Settings that tell shops of one host apart: part of the shop's identity."
    )


class Mode(StrEnum):
    SINGLE = "single"
    BULK = "bulk"
    UPLOAD = "upload"


class Atomicity(StrEnum):
    PER_ITEM = "per_item"
    ALL_OR_NOTHING = "all_or_nothing"
    DOCUMENT = "document"


class Finality(StrEnum):
    FINAL = "final"
    VERDICT_LATER = "verdict_later"
    POLICY_LATER = "policy_later"


class Guard(StrEnum):
    NONE = "none"
    COMPARE_AND_SET = "compare_and_set"
    VERSION = "version"
    IDEMPOTENCY_KEY = "idempotency_key"


class Semantics(StrEnum):
    REPLACE = "replace"
    MERGE = "merge"
    MASK = "mask"


class Idempotency(StrEnum):
    """Why repeating a call whose answer was lost makes nothing twice."""

    NATIVE_KEY = "native_key"
    UPSERT_BY_KEY = "upsert_by_key"
    READ_BEFORE_WRITE = "read_before_write"


class FieldPolicy(_Data):
    """What an operation may write. Names are those of the platform's document, dotted; the laws check every request against it.

    They look at the last part of a name, so a field called by one name in two operations is one field to them.
    """

    sent: tuple[str, ...] = ()
    companions: tuple[str, ...] = Field(default=(), description="What the platform demands beside the sent fields.")
    create_only: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    channel_owned: tuple[str, ...] = ()


class Upload(_Data):
    """Files of many items, where the platform takes them."""

    from_items: int = Field(
        default=1, ge=1, description="Pending items of one connector and operation that make a file."
    )
    max_items: int = Field(ge=1, description="Items of one file.")
    max_weight: int | None = Field(default=None, description="Platform units of one file (Adapter.weight).")
    max_bytes: int = Field(ge=1, description="Bytes of one file.")
    budget: str | None = Field(default=None, description="The budget that a file waits for; items gather meanwhile.")
    result_deadline_seconds: float = Field(
        default=86_400.0, description="How long the platform may take for the result."
    )


class Capability(_Data):
    """How one operation works at the platform."""

    mode: Mode
    upload: Upload | None = Field(default=None, description="Null: items go by calls alone.")
    max_items: int = Field(ge=1, description="Items of one submission.")
    max_bytes: int | None = None
    max_weight: int | None = Field(default=None, description="Platform units of one submission (Adapter.weight).")
    atomicity: Atomicity = Atomicity.PER_ITEM
    finality: Finality = Finality.FINAL
    guard: Guard = Guard.NONE
    semantics: Semantics = Semantics.MERGE
    idempotency: Idempotency = Idempotency.UPSERT_BY_KEY
    concurrency: int = Field(
        default=1,
        ge=1,
        description="Submissions of one lane in flight at once: also how many may fail before one is heard of.",
    )
    settle_seconds: float = Field(default=0.0, description="How long a look-up may still miss what was just written.")
    verdict_deadline_seconds: float | None = None
    phases: tuple[str, ...] = ()
    group_by_product: bool = Field(
        default=False, description="Stock and prices only: every submission holds items of exactly one product."
    )
    look_up_new: bool = Field(
        default=False, description="Whether an item without a listing is looked up before its first create."
    )
    incremental: bool = Field(default=False, description="Pull only: the platform can filter by time of change.")
    overlap_seconds: float = Field(
        default=0.0,
        description="Incremental pull only: how far before `since` the adapter begins, where a change shows late. 0: it never does.",
    )
    fields: FieldPolicy = FieldPolicy()


def _all_credentials(given: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    return (tuple(field.name for field in given["credentials"]),)


class Manifest(_Data):
    """Everything the rest of the system knows of one platform."""

    slug: str = Field(pattern=r"[a-z][a-z0-9_]*")
    title: str
    version: str = Field(description="Adapter version: part of every hash, so raising it sends everything again.")
    api_version: str
    router: Literal["connectors", "own"] = Field(
        default="connectors", description="`own`: also served under /api/v1/<slug>/."
    )
    credentials: tuple[CredentialField, ...]
    credential_sets: tuple[tuple[str, ...], ...] = Field(
        default_factory=_all_credentials,
        description="Alternatives; each names the fields it needs. Not said: all are needed.",
    )
    settings: tuple[SettingField, ...]
    host: HostSpec
    capabilities: Mapping[Operation, Capability]
    unsupported: Mapping[Operation, str] = Field(default_factory=dict, description="Operation to the reason shown.")
    budgets: tuple[Budget, ...] = ()
    scopes: tuple[str, ...] = Field(default=(), description="Permissions that the credentials must carry.")
    webhook_secret: str | None = Field(
        default=None, description="The credential that signs the platform's webhooks; null: none come in."
    )

    @model_validator(mode="after")
    def _budgets_name_what_is_there(self) -> "Manifest":
        names = [budget.name for budget in self.budgets]
        if len(set(names)) != len(names):
            raise ValueError("two budgets have the same name")
        fields = {field.name for field in self.credentials} | {field.name for field in self.settings}
        for budget in self.budgets:
            strange = set(budget.key_fields) - fields if isinstance(budget, SharedBudgetSpec) else set()
            if strange:
                raise ValueError(
                    f"budget {budget.name}: there is no credential or setting {', '.join(sorted(strange))}"
                )
        return self

    @property
    def kebab(self) -> str:
        """The slug as topic and Kubernetes names write it."""
        return self.slug.replace("_", "-")

    def rewritten(self, name: str, value: str) -> str:
        """A setting's value with the field's rewrites applied (whole-match, first that fits)."""
        field = next((f for f in self.settings if f.name == name), None)
        for pattern, replacement in field.rewrites if field else ():
            if re.fullmatch(pattern, value):
                return re.sub(pattern, replacement, value)
        return value
