"""Files that go in and out by presigned addresses: feeds in, reports out."""

import gzip
import secrets

from aiohttp import web

from pixee_simulators.amazon_sp_api import presigned
from pixee_simulators.amazon_sp_api.account import Account, Document
from pixee_simulators.kit import Call, Violation


def opened(account: Account, content_type: str) -> Document:
    """An empty one, to be uploaded."""
    document = Document(f"amzn1.tortuga.4.{account.region.lower()}.{secrets.token_hex(16)}", content_type)
    account.documents[document.id] = document
    return document


def written(account: Account, content: bytes, content_type: str) -> Document:
    """One of ours, compressed."""
    document = opened(account, content_type)
    document.content, document.compressed = gzip.compress(content, compresslevel=1), True
    return document


def upload_address(account: Account, document: Document, *, now: float, lifetime: float) -> str:
    return presigned.address(
        presigned.DOCUMENTS_HOST,
        f"/{account.host}/{document.id}",
        method="PUT",
        content_type=document.content_type,
        now=now,
        lifetime=lifetime,
    )


def download_address(account: Account, document: Document, *, now: float, lifetime: float) -> str:
    path = f"/{account.host}/{document.id}"
    return presigned.address(presigned.DOCUMENTS_HOST, path, method="GET", now=now, lifetime=lifetime)


def exchanged(request: web.Request, call: Call[Account], now: float) -> tuple[web.Response, list[Violation]]:
    """Upload or download at a presigned address, as S3 answers."""
    breaches = []
    if presigned.leaks_token(request.headers):
        breaches.append(Violation("leaked_token", "headers", "a token was sent to a presigned address"))
    document = call.shop.state.documents.get(request.path.rsplit("/", 1)[-1])
    if document is None:
        return presigned.missing(), breaches
    sends = request.method == "PUT"
    signed = request.headers.get("Content-Type", "") if sends else ""
    if sends and signed != document.content_type:
        breaches.append(Violation("content_type", "content-type", f"{signed!r} is not {document.content_type!r}"))
    if (refused := presigned.refusal(request, content_type=signed, now=now)) is not None:
        return refused, breaches
    if sends:
        document.content = call.body
        call.note(bytes=len(call.body))
        return web.Response(headers={"ETag": f'"{secrets.token_hex(16)}"'}), breaches
    if document.content is None:
        return presigned.missing(), breaches
    kind, _, charset = document.content_type.partition("; charset=")
    return web.Response(body=document.content, content_type=kind, charset=charset or None), breaches
