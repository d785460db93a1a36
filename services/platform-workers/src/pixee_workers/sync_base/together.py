"""Several works at once, all or none: what `asyncio.gather` leaves running after an error is ended here."""

import asyncio
from collections.abc import Coroutine, Sequence


async def together(works: Sequence[Coroutine[None, None, None]]) -> None:
    """Run them at once; the first error cancels the others and is raised as it is."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
