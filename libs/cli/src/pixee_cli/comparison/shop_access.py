"""How a shop's own API is reached: a base URL, the shop's host, and the merchant's credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx


class ShopUnreadable(Exception):
    """The shop did not let itself be read; the message says why."""


@dataclass(frozen=True, slots=True)
class ShopAccess:
    """`url` is where requests go, `host` whom they are for (the same where nothing is simulated).

    `settings` are the connector's: a platform that keeps many sellers behind one host needs to know whose shop is read.
    """

    platform: str
    url: str
    host: str
    credentials: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """A simulator answers for many shops over plain http: it is told which, and that the merchant came by https."""
        return {"Host": self.host, "X-Forwarded-Proto": "https"}


def open_client() -> httpx.AsyncClient:
    """A client for reading shops."""
    return httpx.AsyncClient(timeout=60.0, trust_env=False)
