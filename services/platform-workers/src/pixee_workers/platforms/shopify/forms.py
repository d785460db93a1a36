"""A file as the last field of a multipart form, made on disk: the storage wants its own fields before it (sheet, "Pitfalls")."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from pixee_workers.sync_base.upload_contract import UploadFile


@asynccontextmanager
async def as_form(file: UploadFile, fields: Sequence[tuple[str, str]], filename: str) -> AsyncIterator[UploadFile]:
    """The form, beside the file and gone when the context ends."""
    boundary = f"pixee-{file.key.hex}"
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        f"Content-Type: {file.content_type}\r\n\r\n"
    )
    # The name begins as the file's, so what a crash leaves is swept with it.
    path = file.path.with_name(f"{file.path.name}-form")
    try:
        await asyncio.to_thread(_write, file.path, path, head.encode(), f"\r\n--{boundary}--\r\n".encode())
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        yield replace(file, path=path, size=size, content_type=f"multipart/form-data; boundary={boundary}")
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _write(source: Path, target: Path, head: bytes, tail: bytes) -> None:
    with source.open("rb") as content, target.open("wb") as form:
        form.write(head)
        shutil.copyfileobj(content, form)
        form.write(tail)
