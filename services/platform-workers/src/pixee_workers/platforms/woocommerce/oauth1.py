"""OAuth 1.0a with one leg, for shops without TLS: there WooCommerce ignores Basic, and the secret must not travel (sheet, "Credentials").

The consumer's secret signs method, address and parameters (RFC 5849); the body is not signed. What is sent can be read on the way,
and an answer can be forged: therefore only where the operator permits it.
"""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, quote, urlsplit

METHOD = "HMAC-SHA256"


def signed(method: str, url: str, *, key: str, secret: str, timestamp: int, nonce: str) -> str:
    """The URL with the parameters of OAuth in its query. `nonce` is used once; `timestamp` in seconds, at most 15 minutes off."""
    parts = urlsplit(url)
    oauth = {
        "oauth_consumer_key": key,
        "oauth_nonce": nonce,
        "oauth_signature_method": METHOD,
        "oauth_timestamp": str(timestamp),
    }
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *oauth.items()]
    base = f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"
    text = "&".join((method.upper(), _encoded(base), _encoded(normalised(pairs))))
    digest = hmac.new(f"{_encoded(secret)}&".encode(), text.encode(), hashlib.sha256).digest()
    oauth["oauth_signature"] = base64.b64encode(digest).decode()
    added = "&".join(f"{name}={_encoded(value)}" for name, value in oauth.items())
    return f"{url}&{added}" if parts.query else f"{url}?{added}"


def normalised(pairs: list[tuple[str, str]]) -> str:
    """The parameters in the one order and spelling that both sides can find (RFC 5849, 3.4.1.3.2)."""
    encoded = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
