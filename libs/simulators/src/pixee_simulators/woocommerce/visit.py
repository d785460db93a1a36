"""One request inside a shop: what every collection needs at hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pixee_simulators.kit import Call
from pixee_simulators.woocommerce.product_write import Writer
from pixee_simulators.woocommerce.store import Store
from pixee_simulators.woocommerce.wire import Wire


@dataclass(slots=True)
class Visit:
    """`body`: the JSON object of the request (empty for anything else). `url`: of the request, without its query."""

    call: Call[Store]
    store: Store
    settings: Mapping[str, Any]
    limits: Mapping[str, Any]
    query: Mapping[str, str]
    body: dict[str, Any]
    url: str
    now: str
    writer: Writer
    wire: Wire
    changes: list[tuple[str, int]] = field(default_factory=list)
    """(event, product id) that webhooks are to tell; a variation's change is its own and its parent's."""
    pinged: list[int] = field(default_factory=list)
    """New webhooks."""


@dataclass(frozen=True, slots=True)
class Answer:
    content: Any
    status: int = 200
    headers: Mapping[str, str] | None = None
