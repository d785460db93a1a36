"""Who may ask: static tokens of the shop's settings, and tokens of the client credentials grant that live 24 hours, and
offline tokens of an hour with a refresh token that each answer replaces (setting `refresh_token`: the first one).

The replaced refresh token lives until the new access token is first used (sheet, "Credentials and auth" 3).
"""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from pixee_simulators.shopify.store import Store

ALL_SCOPES = (
    "read_files",
    "read_inventory",
    "read_locales",
    "read_locations",
    "read_products",
    "read_publications",
    "read_translations",
    "write_files",
    "write_inventory",
    "write_products",
    "write_publications",
    "write_translations",
)
TOKEN_S = 86_399
OFFLINE_TOKEN_S = 3_600
REFRESH_TOKEN_S = 90 * 86_400
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
    if token not in static and store.tokens.get(token, 0) <= now:
        return False
    replaced = store.replaced.pop(token, None)
    if replaced is not None:
        store.spent.append(replaced)
    return True


def scopes(settings: dict[str, Any]) -> frozenset[str]:
    """What the merchant granted (setting `scopes`; default: everything the simulator knows)."""
    return frozenset(settings.get("scopes", ALL_SCOPES))


def grant(store: Store, settings: dict[str, Any], content_type: str, body: bytes, now: float) -> Answer:
    """`POST /admin/oauth/access_token`, form encoded."""
    if content_type != "application/x-www-form-urlencoded":
        return Answer(400, {"error": "invalid_request", "error_description": "the body must be form encoded"})
    form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if form.get("grant_type") not in {"client_credentials", "refresh_token"}:
        return Answer(400, {"error": "unsupported_grant_type"})
    known = (settings.get("client_id"), settings.get("client_secret"))
    if None in known or (form.get("client_id"), form.get("client_secret")) != known:
        return Answer(400, {"error": "invalid_client", "error_description": "client_id or client_secret is wrong"})
    if form["grant_type"] == "refresh_token":
        return _refreshed(store, settings, form.get("refresh_token", ""), now)
    return Answer(200, _issued(store, settings, TOKEN_S, now))


def _issued(store: Store, settings: dict[str, Any], lives: int, now: float) -> dict[str, Any]:
    token = f"shpat_{secrets.token_hex(16)}"
    store.tokens = {one: until for one, until in store.tokens.items() if until > now}
    store.tokens[token] = now + lives
    return {"access_token": token, "scope": ",".join(sorted(scopes(settings))), "expires_in": lives}


def _refreshed(store: Store, settings: dict[str, Any], given: str, now: float) -> Answer:
    good = {settings.get("refresh_token"), *store.refresh_tokens} - {None, *store.spent}
    if given not in good:
        return Answer(400, {"error": "invalid_grant", "error_description": "the refresh token is not valid any more"})
    body = _issued(store, settings, OFFLINE_TOKEN_S, now)
    fresh = f"shprt_{secrets.token_hex(16)}"
    store.refresh_tokens.append(fresh)
    store.replaced[body["access_token"]] = given
    return Answer(200, body | {"refresh_token": fresh, "refresh_token_expires_in": REFRESH_TOKEN_S})
