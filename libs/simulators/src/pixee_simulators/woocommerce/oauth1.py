"""OAuth 1.0a with one leg as WooCommerce checks it over plain http: parameters, signature, time, and a nonce that counts once.

The order of the checks and their sentences are the plugin's; sheet, "Credentials and auth".
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, MutableMapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from pixee_simulators.woocommerce.errors import WooError

WINDOW_S = 15 * 60
_NEEDED = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)
_HASHES = {"HMAC-SHA256": hashlib.sha256, "HMAC-SHA1": hashlib.sha1}


def signs(request: web.Request) -> bool:
    """Whether the request tries."""
    return any(name in request.query for name in _NEEDED)


def check(request: web.Request, settings: dict[str, Any], nonces: MutableMapping[str, float], now: float) -> None:
    """Raises WooError (401) unless the request is signed by the shop's key, in time, for the first time."""
    missing = [name for name in _NEEDED if not request.query.get(name)]
    if missing:
        words = "parameter" if len(missing) == 1 else "parameters"
        raise _refused(f"Missing OAuth {words} {', '.join(missing)}", "missing_parameter")
    if request.query["oauth_consumer_key"] != settings.get("consumer_key"):
        raise _refused("Consumer key is invalid.")
    method = _HASHES.get(request.query["oauth_signature_method"])
    if method is None:
        raise _refused("Invalid signature - signature method is invalid.")
    base = "&".join((request.method, _encoded(_address(request)), _encoded(_normalised(request.query.items()))))
    key = f"{_encoded(str(settings.get('consumer_secret')))}&".encode()
    wanted = base64.b64encode(hmac.new(key, base.encode(), method).digest()).decode()
    if not hmac.compare_digest(wanted.encode(), request.query["oauth_signature"].encode()):
        raise _refused("Invalid signature - provided signature does not match.")
    _check_moment(request, nonces, now)


def _check_moment(request: web.Request, nonces: MutableMapping[str, float], now: float) -> None:
    stamp = request.query["oauth_timestamp"]
    if not stamp.isdigit() or abs(now - int(stamp)) > WINDOW_S:
        raise _refused("Invalid timestamp.")
    for old in [nonce for nonce, at in nonces.items() if at < now - WINDOW_S]:
        del nonces[old]
    if request.query["oauth_nonce"] in nonces:
        raise _refused("Invalid nonce - nonce has already been used.")
    nonces[request.query["oauth_nonce"]] = float(stamp)


def _address(request: web.Request) -> str:
    """As WordPress sees it: no query, and no port that goes without saying."""
    return f"http://{request.host.lower().removesuffix(':80')}{request.raw_path.partition('?')[0]}"


def _normalised(items: Iterable[tuple[str, str]]) -> str:
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in items if name != "oauth_signature")
    return "&".join(f"{name}={value}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")


def _refused(message: str, code: str = "error") -> WooError:
    return WooError(f"woocommerce_rest_authentication_{code}", message, 401)
