"""Consumer keys: over https by Basic or query string; over plain http Basic is not even looked at, and a request has to be
signed (`oauth1`; sheet, "Credentials").
"""

import base64
import binascii
from collections.abc import MutableMapping
from typing import Any

from aiohttp import web

from pixee_simulators.woocommerce import oauth1
from pixee_simulators.woocommerce.errors import WooError

_READS = frozenset({"GET", "HEAD"})


def is_https(request: web.Request) -> bool:
    """WordPress' is_ssl() behind a proxy that is trusted."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def authenticate(
    request: web.Request, settings: dict[str, Any], nonces: MutableMapping[str, float], now: float
) -> bool:
    """Whether the request acts as a user. Raises WooError (401) for a wrong secret, a bad signature or a missing permission."""
    if not is_https(request):
        if not oauth1.signs(request):
            return False
        oauth1.check(request, settings, nonces, now)
        return _permitted(request, settings)
    key, secret = _given(request)
    if not key or key != settings.get("consumer_key"):
        return False
    if secret != settings.get("consumer_secret"):
        raise _refused("Consumer secret is invalid.")
    return _permitted(request, settings)


def _permitted(request: web.Request, settings: dict[str, Any]) -> bool:
    permissions = settings.get("permissions", "read_write")
    if request.method in _READS and permissions == "write":
        raise _refused("The API key provided does not have read permissions.")
    if request.method not in _READS | {"OPTIONS"} and permissions == "read":
        raise _refused("The API key provided does not have write permissions.")
    return True


def _given(request: web.Request) -> tuple[str, str]:
    query = request.query
    if query.get("consumer_key") and query.get("consumer_secret"):
        return query["consumer_key"], query["consumer_secret"]
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret


def _refused(message: str) -> WooError:
    return WooError("woocommerce_rest_authentication_error", message, 401)


_WORDS = {
    "list": ("view", "Sorry, you cannot list resources."),
    "view": ("view", "Sorry, you cannot view this resource."),
    "create": ("create", "Sorry, you are not allowed to create resources."),
    "edit": ("edit", "Sorry, you are not allowed to edit this resource."),
    "delete": ("delete", "Sorry, you are not allowed to delete this resource."),
    "batch": ("batch", "Sorry, you are not allowed to batch manipulate this resource."),
}


def cannot(deed: str) -> WooError:
    """The 401 of somebody who is nobody: `woocommerce_rest_cannot_view` and its siblings."""
    verb, message = _WORDS[deed]
    return WooError(f"woocommerce_rest_cannot_{verb}", message, 401)
