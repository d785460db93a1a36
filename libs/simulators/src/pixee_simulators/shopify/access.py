"""Who may ask: static tokens of the shop's settings, and tokens of the client credentials grant that live 24 hours."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from pixee_simulators.shopify.store import Store

ALL_SCOPES = (
    "read_files",
    "read_inventory",
    "read_locations",
    "read_products",
    "write_files",
    "write_inventory",
    "write_products",
)
TOKEN_S = 86_399
INVALID_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: dict[str, Any]


def closed(settings: dict[str, Any]) -> Answer | None:
    """A shop that is frozen (unpaid) or locked answers nothing else."""
    if settings.get("frozen"):
        return Answer(402, {"errors": "Unavailable Shop"})
    if settings.get("locked"):
        return Answer(423, {"errors": "This shop is locked"})
    return None


def admits(store: Store, settings: dict[str, Any], token: str | None, now: float) -> bool:
    """Whether the token is one of the shop's and has not expired."""
    if not token:
        return False
    static = {settings.get("access_token"), *settings.get("access_tokens", ())}
    return token in static or store.tokens.get(token, 0) > now


def scopes(settings: dict[str, Any]) -> frozenset[str]:
    """What the merchant granted (setting `scopes`; default: everything the simulator knows)."""
    return frozenset(settings.get("scopes", ALL_SCOPES))


def grant(store: Store, settings: dict[str, Any], content_type: str, body: bytes, now: float) -> Answer:
    """`POST /admin/oauth/access_token`, form encoded."""
    if content_type != "application/x-www-form-urlencoded":
        return Answer(400, {"error": "invalid_request", "error_description": "the body must be form encoded"})
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if form.get("grant_type") != "client_credentials":
        return Answer(400, {"error": "unsupported_grant_type"})
    known = (settings.get("client_id"), settings.get("client_secret"))
    if None in known or (form.get("client_id"), form.get("client_secret")) != known:
        return Answer(400, {"error": "invalid_client", "error_description": "client_id or client_secret is wrong"})
    token = f"shpat_{secrets.token_hex(16)}"
    store.tokens = {one: until for one, until in store.tokens.items() if until > now}
    store.tokens[token] = now + TOKEN_S
    granted = ",".join(sorted(scopes(settings)))
    return Answer(200, {"access_token": token, "scope": granted, "expires_in": TOKEN_S})
