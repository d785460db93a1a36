"""Places for uploads: a form whose fields the platform gives, with the file as its last one.

Sheet, "Push products: bulk path" 1 and 2, "Pitfalls": the path that a bulk mutation is given is the field `key`; `text/jsonl` is the
only type; the storage ignores what stands behind the file and answers 201.
"""

import re
import secrets
import uuid
from typing import Any

import orjson
from aiohttp import web

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.records import Staged, UserError
from pixee_simulators.shopify.store import Store

HOST = "shopify-staged-uploads.storage.googleapis.com"
MOST_BYTES = 100 * 1024 * 1024
_TYPE = "text/jsonl"
_KEY = re.compile(rb'name="key"\r\n(?:[^\r\n]+\r\n)*\r\ntmp/([^/\r\n]+)/')
_PART = re.compile(
    rb'\r\n(?:[^\r\n]+\r\n)*?Content-Disposition: form-data; name="([^"]+)"([^\r\n]*)\r\n(?:[^\r\n]+\r\n)*\r\n(.*)\r\n',
    re.DOTALL,
)

Given = dict[str, Any]


def create(context: Context, arguments: Given) -> Given:
    """The payload of stagedUploadsCreate: a place for each input, or what is wrong with the first bad one."""
    for index, given in enumerate(arguments["input"]):
        if given["mimeType"] != _TYPE:
            message = f"{given['mimeType']} is not a recognized format"
            return {"stagedTargets": [], "userErrors": [UserError(None, ["input", str(index), "mimeType"], message)]}
    return {"stagedTargets": [_target(context, given) for given in arguments["input"]], "userErrors": []}


def _target(context: Context, given: Given) -> Given:
    key = f"tmp/{context.host}/bulk/{uuid.uuid4()}/{given['filename']}"
    fields = {
        "Content-Type": _TYPE,
        "success_action_status": "201",
        "acl": "private",
        "key": key,
        "x-goog-algorithm": "GOOG4-RSA-SHA256",
        "x-goog-signature": secrets.token_hex(32),
        "policy": secrets.token_urlsafe(48),
    }
    context.store.staged[key] = Staged(fields)
    return {
        "url": f"https://{HOST}/",
        "resourceUrl": None,
        "parameters": [{"name": name, "value": value} for name, value in fields.items()],
    }


def shop_in(body: bytes) -> str:
    """The shop's host that an upload's `key` names; empty where it names none."""
    found = _KEY.search(body[:65_536])
    return found[1].decode() if found is not None else ""


def receive(content_type: str, body: bytes, store: Store) -> web.Response:
    """The form, judged as the storage does."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    parts = (
        [found for part in body.split(b"--" + boundary)[1:-1] if (found := _PART.fullmatch(part))] if boundary else []
    )
    fields = {found[1].decode(): found[3] for found in parts}
    staged = store.staged.get(fields.get("key", b"").decode())
    if staged is None or any(fields.get(name) != value.encode() for name, value in staged.parameters.items()):
        return _answer(403, "SignatureDoesNotMatch")
    if parts[-1][1] != b"file" or b"filename=" not in parts[-1][2]:
        return _answer(400, "InvalidArgument")
    if len(fields["file"]) > MOST_BYTES:
        return _answer(400, "EntityTooLarge")
    staged.content = fields["file"].decode()
    return _answer(201, "")


def is_jsonl(content: str) -> bool:
    """Whether every line is an object."""
    try:
        lines = [orjson.loads(line) for line in content.splitlines()]
    except orjson.JSONDecodeError:
        return False
    return bool(lines) and all(isinstance(line, dict) for line in lines)


def _answer(status: int, code: str) -> web.Response:
    text = f"<?xml version='1.0' encoding='UTF-8'?><{'Error' if code else 'PostResponse'}>{code}</{'Error' if code else 'PostResponse'}>"
    headers = {"X-GUploader-UploadID": secrets.token_hex(16)}
    return web.Response(status=status, text=text, content_type="application/xml", headers=headers)
