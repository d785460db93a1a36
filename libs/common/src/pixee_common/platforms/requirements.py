"""What a platform or shop demands and offers, as an adapter discovers it: the other side of a merchant's mapping.

Discovered by a worker (`Adapter.describe`), kept with the moment it was read, shown by the gateway, and what a mapping is
validated against. It is advice: the platform's own verdict always counts.
"""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(_Part):
    """One thing that can be chosen: the platform's code and what people read."""

    code: str
    label: str


class ValueKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MEASURE = "measure"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    OTHER = "other"


class AttributeRequirement(_Part):
    """One attribute that the platform knows. With product types it belongs to those alone."""

    code: str
    label: str
    required: bool = False
    kind: ValueKind = ValueKind.TEXT
    choices: tuple[Choice, ...] = ()
    units: tuple[str, ...] = ()
    max_length: int | None = None
    product_types: tuple[str, ...] = ()


class Requirements(_Part):
    """Everything that can be mapped. An empty part means that the platform has no such thing, or that any text will do."""

    product_types: tuple[Choice, ...] = ()
    categories: tuple[Choice, ...] = Field(default=(), description="The label is the path, joined by ' > '.")
    attributes: tuple[AttributeRequirement, ...] = ()
    locations: tuple[Choice, ...] = ()
    tax_classes: tuple[Choice, ...] = ()
    locales: tuple[Choice, ...] = ()
    channels: tuple[Choice, ...] = ()
    currencies: tuple[str, ...] = ()
    facts: Mapping[str, str] = Field(
        default_factory=dict, description="What else helps to configure the connector: tax mode, units."
    )
    complete_for: tuple[str, ...] | None = Field(
        default=None,
        description="Product types whose attributes are listed, where there are too many types; null: all of them.",
    )
    open: tuple[str, ...] = Field(
        default=(), description="Parts where other texts than the listed ones will do too: attributes, categories …"
    )
    demands: tuple[str, ...] = Field(
        default=(), description="Parts of a mapping without which nothing can be sent: product_types, categories …"
    )
