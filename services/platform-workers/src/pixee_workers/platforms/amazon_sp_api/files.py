"""Files behind presigned addresses (schemas, results, reports): read once, unpacked where Amazon says that they are packed.

Sheet: "Send NO auth header to presigned URLs; no redirects"; they work for five minutes, so an address is asked for right before.
"""

import zlib
from collections.abc import Mapping
from typing import Any, cast

from pixee_workers.platforms.amazon_sp_api.requests import contract_broken
from pixee_workers.sync_base.calls import CallContext
from pixee_workers.sync_base.upload_contract import FileContext

_GZIP = 16 + zlib.MAX_WBITS
_BLOCK = 1 << 20
MOST_BYTES = 512 * 1024 * 1024
"""Of an unpacked file: more is no report of a seller's listings but a bomb."""


async def fetched(context: CallContext, document: Mapping[str, Any], *, label: str) -> tuple[bytes, Mapping[str, str]]:
    """The file's bytes, unpacked, and the headers of its answer (lower-case names).

    `document` is Amazon's: `url` and, where it is packed, `compressionAlgorithm`.
    """
    packed = document.get("compressionAlgorithm")
    if packed not in {None, "", "GZIP"}:
        raise contract_broken(f"a file is packed as {packed}")
    # Every context of the engine can read files; the contract types it for uploads alone.
    reader = cast("FileContext", context)
    async with reader.download(str(document["url"]), label=label, spend={}) as file:
        plain = zlib.decompressobj(_GZIP) if packed else None
        parts: list[bytes] = []
        size = 0
        with file.path.open("rb") as raw:
            while block := raw.read(_BLOCK):
                part = block if plain is None else plain.decompress(block, MOST_BYTES + 1 - size)
                size += len(part)
                if size > MOST_BYTES or (plain is not None and plain.unconsumed_tail):
                    raise contract_broken("a file is larger than anybody expected")
                parts.append(part)
        return b"".join(parts), file.headers
