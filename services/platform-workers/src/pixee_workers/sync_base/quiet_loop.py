"""A quiet loop of a worker: something that nothing rings is looked for now and then, and all that is due is done at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from pixee_workers.sync_base.chunks import WorkerLostError

_EVERY = 30.0
_log = logging.getLogger(__name__)


async def look_now_and_then(what: str, step: Callable[[], Awaitable[bool]]) -> None:
    """Until it is cancelled. `step` does one thing, and says whether there was any; what it raises is logged and tried again."""
    while True:
        try:
            while await step():
                pass
        except WorkerLostError:
            _log.info("%s stopped: the worker is lost", what)
        except Exception:
            _log.exception("%s failed, trying again", what)
        await asyncio.sleep(_EVERY)
