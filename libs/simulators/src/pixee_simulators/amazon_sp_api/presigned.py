"""Presigned addresses: whoever has one may use it, for five minutes, with exactly the headers it was signed for.

Stateless, as the real ones: the signature tells whether method, path, content type and end are as they were given.
The first part of a path is the seller's host at the control API.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from aiohttp import web

DOCUMENTS_HOST = "pixee-sp-api-documents.s3.eu-west-1.amazonaws.com"
SCHEMAS_HOST = "dpixeesimschemas.cloudfront.net"
_SECRET = b"a signature that only this simulator makes"
_STAMP = "%Y%m%dT%H%M%SZ"


def address(host: str, path: str, *, method: str, content_type: str = "", now: float, lifetime: float) -> str:
    """An address of `path` (with a leading slash) that works until `now + lifetime`, in whole seconds."""
    given = datetime.fromtimestamp(int(now), UTC).strftime(_STAMP)
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": given,
        "X-Amz-Expires": str(int(lifetime)),
        "X-Amz-SignedHeaders": "content-type;host" if content_type else "host",
        "X-Amz-Signature": _signature(method, path, content_type, given, str(int(lifetime))),
    }
    return f"https://{host}{path}?{urlencode(query)}"


def refusal(request: web.Request, *, content_type: str, now: float) -> web.Response | None:
    """None when the address is good. `content_type`: the one that an upload was announced with."""
    query = request.query
    given, lifetime = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
    if "Authorization" in request.headers:
        return _xml(400, "InvalidArgument", "Only one auth mechanism allowed")
    if leaks_token(request.headers):
        return _xml(403, "AccessDenied", "There were headers present in the request which were not signed")
    signed = _signature(request.method, request.path, content_type, given, lifetime)
    if not hmac.compare_digest(signed, query.get("X-Amz-Signature", "")):
        return mismatch()
    until = datetime.strptime(given, _STAMP).replace(tzinfo=UTC).timestamp() + float(lifetime)
    return _xml(403, "AccessDenied", "Request has expired") if now > until else None


def leaks_token(headers: Mapping[str, str]) -> bool:
    """A program that sends its token to a presigned address tells it to somebody else."""
    return "x-amz-access-token" in headers or "Authorization" in headers


def mismatch() -> web.Response:
    text = "The request signature we calculated does not match the signature you provided."
    return _xml(403, "SignatureDoesNotMatch", text)


def missing() -> web.Response:
    return _xml(404, "NoSuchKey", "The specified key does not exist.")


def _signature(method: str, path: str, content_type: str, given: str, lifetime: str) -> str:
    text = f"{method}\n{path}\n{content_type}\n{given}\n{lifetime}"
    return hmac.new(_SECRET, text.encode(), hashlib.sha256).hexdigest()


def _xml(status: int, code: str, message: str) -> web.Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    return web.Response(status=status, text=body, content_type="application/xml")
