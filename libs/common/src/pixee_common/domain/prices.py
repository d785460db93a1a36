"""Which price a connector sends for a variant: the price list of its channel where one matches, else the base price; never another currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pixee_common.domain.money import Price


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """A variant's price in one price list. Bounds are inclusive from, exclusive until; null is open."""

    price_list_id: str
    channel: str
    currency: str
    amount: Decimal
    compare_at: Decimal | None
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class BasePrice:
    """A variant's own price."""

    amount: Decimal
    compare_at: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class NoPrice:
    """Why there is no price to send: none at all, or only in the named other currencies."""

    other_currencies: tuple[str, ...]


def price_for(
    *,
    channel: str | None,
    currency: str,
    at: datetime,
    listed: Sequence[ListedPrice],
    base: BasePrice | None,
    price_list: str | None = None,
) -> Price | NoPrice:
    """The price to send to a shop that sells in `currency` on `channel`, as it stands at the moment `at`.

    The list that the connector's mapping names (`price_list`) wins over the channel's. Of several matching price lists the one
    that became valid last wins, then the one with the greater id, so that the choice is stable.
    """
    valid = [
        entry
        for entry in listed
        if (entry.valid_from is None or entry.valid_from <= at)
        and (entry.valid_until is None or at < entry.valid_until)
    ]
    named = [entry for entry in valid if price_list is not None and entry.price_list_id == price_list]
    matching = [*named, *(entry for entry in valid if channel is not None and entry.channel == channel)]
    usable = _in(currency, named) or _in(currency, matching)
    if usable:
        best = max(
            usable,
            key=lambda e: (
                e.valid_from is not None,
                e.valid_from.timestamp() if e.valid_from else 0.0,
                e.price_list_id,
            ),
        )
        return Price(
            amount=best.amount, currency=currency, compare_at=best.compare_at, price_list_id=best.price_list_id
        )
    if base is not None and base.currency == currency:
        return Price(amount=base.amount, currency=currency, compare_at=base.compare_at)
    others = {entry.currency for entry in matching} | ({base.currency} if base else set())
    return NoPrice(tuple(sorted(others)))


def _in(currency: str, entries: Sequence[ListedPrice]) -> list[ListedPrice]:
    return [entry for entry in entries if entry.currency == currency]
