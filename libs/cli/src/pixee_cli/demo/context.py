"""What the steps of the demo hand to one another."""

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx

from pixee_cli.comparison.shop_access import ShopAccess
from pixee_cli.demo.simulators import SimulatedShop
from pixee_cli.gateway import Gateway
from pixee_cli.importing.report import Report
from pixee_cli.place import Place
from pixee_common.db import Database

ACCOUNT = "demo"


class DemoFailed(Exception):
    """The demo did not show what it must; the message says what."""


@dataclass(frozen=True, slots=True)
class DemoShop:
    """One of the shops: how its simulator is held, and how its own API is read."""

    platform: str
    title: str
    simulated: SimulatedShop
    access: ShopAccess


@dataclass(slots=True)
class Demo:
    """Grows from step to step. `connectors`: platform → connector id."""

    place: Place
    file: Path
    database: Database
    http: httpx.AsyncClient
    shops: tuple[DemoShop, ...]
    account_id: UUID
    gateway: Gateway
    connectors: dict[str, str] = field(default_factory=dict)
    report: Report | None = None
    writes_before: dict[str, int] = field(default_factory=dict)
    touched: tuple[str, ...] = ()
    touched_before: bool = False

    @property
    def source(self) -> str:
        """Of the import."""
        if self.report is None:
            raise DemoFailed("nothing was imported yet")
        return self.report.source
