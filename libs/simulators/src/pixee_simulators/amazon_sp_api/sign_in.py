"""Login with Amazon: `POST https://api.amazon.com/auth/o2/token`, form encoded (sheet, "Credentials and auth")."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from pixee_simulators.amazon_sp_api.account import Account

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: dict[str, Any]


def fields(body: bytes) -> dict[str, str]:
    """The form's fields; of a repeated one the first."""
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def grant(account: Account, content_type: str, body: bytes, *, now: float, lifetime: float) -> Answer:
    """An access token, or LWA's refusal. A rotated refresh token is dead at once."""
    form, settings = fields(body), account.settings
    if content_type != FORM:
        return _refused(400, "invalid_request", "The request is missing a required parameter")
    known = (settings["lwa_client_id"], settings["lwa_client_secret"])
    if (form.get("client_id"), form.get("client_secret")) != known:
        return _refused(401, "invalid_client", "Client authentication failed")
    if form.get("grant_type") == "client_credentials":
        return _grantless(account, form, now + lifetime, lifetime)
    if form.get("grant_type") != "refresh_token":
        return _refused(400, "unsupported_grant_type", "The authorization grant type is not supported")
    token = form.get("refresh_token", "")
    if token not in account.refresh_tokens or settings.get("revoked"):
        return _refused(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
    if settings.get("rotating_refresh_tokens"):
        account.refresh_tokens.discard(token)
        account.spent_tokens.add(token)
        token = f"Atzr|{secrets.token_urlsafe(48)}"
        account.refresh_tokens.add(token)
    return _issued(account, now + lifetime, lifetime, "", refresh_token=token)


def refused_client() -> Answer:
    """The answer to a client that no seller here has authorised."""
    return _refused(401, "invalid_client", "Client authentication failed")


def _grantless(account: Account, form: dict[str, str], until: float, lifetime: float) -> Answer:
    scope = form.get("scope", "")
    if not scope.startswith("sellingpartnerapi::"):
        return _refused(400, "invalid_scope", "The requested scope is invalid")
    return _issued(account, until, lifetime, scope)


def _issued(account: Account, until: float, lifetime: float, scope: str, **more: str) -> Answer:
    token = f"Atza|{secrets.token_urlsafe(48)}"
    now = until - lifetime
    account.access_tokens = {one: kept for one, kept in account.access_tokens.items() if kept[0] > now - lifetime}
    account.access_tokens[token] = (until, scope)
    return Answer(200, {"access_token": token, "token_type": "bearer", "expires_in": int(lifetime)} | more)


def _refused(status: int, error: str, description: str) -> Answer:
    return Answer(status, {"error": error, "error_description": description})
