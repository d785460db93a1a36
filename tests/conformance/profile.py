"""What a law must know of a platform to seed its shop and to read it back. Each platform keeps its own beside its tests."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx


@dataclass(frozen=True)
class Seen:
    """A variant as a customer's shop has it."""

    title: str
    price: Decimal | None
    quantity: int | None
    status: str
    """`active`, or anything else for what customers do not see."""
    ean: str | None
    external_id: str


@dataclass(frozen=True)
class Shop:
    """The shop's own API, as a person with its keys would use it."""

    http: httpx.AsyncClient
    url: str
    host: str
    credentials: Mapping[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """What a hop that terminates TLS sends on."""
        return {"Host": self.host, "X-Forwarded-Proto": "https"}


@dataclass(frozen=True)
class Fetching:
    """Credentials under which access tokens are fetched, and the path at which they are.

    `lives`: seconds after which the shop takes a token no more.
    """

    credentials: Mapping[str, str]
    path: str
    lives: float


@dataclass(frozen=True)
class Demand:
    """Something that has to be mapped before a product with this `content` can be sent.

    `lacking`: a mapping without the entry at `field` for our word `ours`. `complete`: one that has it. `changed`: another one under which the
    platform gets other words for this content, and the same for every other product.
    """

    content: Mapping[str, Any]
    lacking: Mapping[str, Any]
    complete: Mapping[str, Any]
    changed: Mapping[str, Any]
    field: str
    ours: str


def translated_attribute() -> Demand:
    """For platforms that take attributes of any name: a value that the rule of its attribute does not translate."""
    rule = {"target": "color", "source": "attribute:colour"}

    def mapping(**values: str) -> dict[str, Any]:
        return {"attributes": [rule | {"values": values}]}

    return Demand(
        content={"attributes": [{"code": "colour", "values": {"en": ["green"]}, "unit": None}]},
        lacking=mapping(red="RED"),
        complete=mapping(red="RED", green="GREEN"),
        changed=mapping(red="RED", green="VERDANT"),
        field="attributes.color.values",
        ours="green",
    )


Limits = Mapping[str, Any]


@dataclass(frozen=True)
class Results:
    """How results of files go wrong at this shop: limits of the simulator for the next file, or why it has no such result, with
    the sheet's section.

    `silent`: this SKU is neither done nor named; `silent_but_done`: done all the same. `strangers`: records are named that nobody
    sent. `half`: aborted half way. `nothing`: ended before it began. `turning`: this SKU is done, and taken back an hour later.
    `forget`: the shop does not know its files any more (simulator, host); `lose`: it knows them, and has their results no more.
    """

    silent: Callable[[str], Limits] | str
    silent_but_done: Callable[[str], Limits] | str
    strangers: Limits | str
    half: Limits | str
    nothing: Limits | str
    turning: Callable[[str], Limits] | str
    forget: Callable[[Any, str], None]
    lose: Callable[[Any, str], None]


@dataclass(frozen=True)
class Profile:
    """One platform.

    `read`: every variant by SKU, those that stand twice under `<sku> (2)`. `occupy`: makes a product with this SKU in the shop, as
    another product's (`key`) or nobody's (None). `remove`: deletes the product with this SKU for good. `wrong`: shop settings under which our credentials are refused. `elsewhere`: the
    address setting with a value that the manifest or the guard must refuse. `refused`: content of a product that cannot become one in
    this shop, best by the platform's own word. `demand`: what has to be mapped, where something has. `fetching`: how tokens are fetched, or why none are, with the sheet's section.
    """

    host: str
    credentials: Mapping[str, str]
    settings: Mapping[str, str]
    shop: Mapping[str, Any]
    wrong: Mapping[str, Any]
    elsewhere: Mapping[str, str]
    refused: Mapping[str, Any]
    fetching: Fetching | str
    read: Callable[[Shop], Awaitable[dict[str, Seen]]]
    occupy: Callable[[Shop, str, str | None], Awaitable[str]]
    remove: Callable[[Shop, str], Awaitable[None]]
    limits: Mapping[str, Any] = field(default_factory=dict)
    demand: Demand | None = None
    mapping: Mapping[str, Any] = field(default_factory=dict)
    """The merchant's mapping, where the platform takes nothing without one."""
    second_thoughts: Callable[[str], Mapping[str, Any]] | None = None
    """Where verdicts come later: limits of the simulator under which the shop takes this SKU and refuses it afterwards."""
    results: Results | None = None
    """Where products go by files."""
    exempt: Mapping[str, str] = field(default_factory=dict)
    """Laws about what the platform does not have, each with why, and the sheet's section that says so."""


def by_sku(rows: list[tuple[str, Seen]]) -> dict[str, Seen]:
    """Doubles keep a name of their own, so that a law sees them."""
    found: dict[str, Seen] = {}
    for sku, seen in rows:
        name, number = sku, 2
        while name in found:
            name, number = f"{sku} ({number})", number + 1
        found[name] = seen
    return found
