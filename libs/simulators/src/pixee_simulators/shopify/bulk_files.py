"""Result files of bulk operations at Google's storage: whoever has the signed address may read it, whole or in part, for 7 days."""

import hashlib
import hmac
import re
import secrets
from urllib.parse import urlencode

from aiohttp import web

from pixee_simulators.shopify.records import Bulk
from pixee_simulators.shopify.store import Store

HOST = "storage.googleapis.com"
LIFETIME_S = 7 * 86_400
ROUTE = "/shopify-tiers-assets-prod-us-east1/bulk-operation-outputs/{shop}/{name}"
_SECRET = b"a signature that only this simulator makes"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def address(shop: str, bulk: Bulk) -> str:
    """Where the result stands."""
    path = ROUTE.format(shop=shop, name=f"{bulk.id}.jsonl")
    expires = str(int(bulk.done_at + LIFETIME_S))
    query = {
        "GoogleAccessId": "assets-us-prod@shopify-tiers.iam.gserviceaccount.com",
        "Expires": expires,
        "Signature": _signature(path, expires),
    }
    return f"https://{HOST}{path}?{urlencode(query)}"


def read(request: web.Request, store: Store, now: float) -> web.Response:
    """The file, or the part that a Range header asks for; every answer carries the storage's own header."""
    answer = _answer(request, store, now)
    answer.headers["X-GUploader-UploadID"] = secrets.token_hex(16)
    return answer


def _answer(request: web.Request, store: Store, now: float) -> web.Response:
    expires = request.query.get("Expires", "")
    if not hmac.compare_digest(request.query.get("Signature", ""), _signature(request.path, expires)):
        return _refused(403, "SignatureDoesNotMatch")
    if now > float(expires):
        return _refused(400, "ExpiredToken")
    number = request.match_info["name"].removesuffix(".jsonl")
    bulk = store.bulks.get(int(number)) if number.isdecimal() else None
    if bulk is None:
        return _refused(404, "NoSuchKey")
    return _part(request.headers.get("Range"), bulk.result.encode())


def _part(asked: str | None, whole: bytes) -> web.Response:
    found = _RANGE.fullmatch(asked or "")
    if found is None:
        return web.Response(body=whole, content_type="application/jsonl")
    start, end = int(found[1]), min(int(found[2] or len(whole)), len(whole) - 1)
    if start >= len(whole):
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(whole)}"})
    headers = {"Content-Range": f"bytes {start}-{end}/{len(whole)}"}
    return web.Response(status=206, body=whole[start : end + 1], content_type="application/jsonl", headers=headers)


def _signature(path: str, expires: str) -> str:
    return hmac.new(_SECRET, f"GET\n{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


def _refused(status: int, code: str) -> web.Response:
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>"
    return web.Response(status=status, text=text, content_type="application/xml")
