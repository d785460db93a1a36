"""Work on the database that must not be given up while the database is away: claims, marks, outcomes, releases.

`Database.run` gives up after its bound, and the caller would not know whether the last try was committed. What a worker has
claimed or done it must not forget, so here the same work, under the same claim token, is tried until it is answered.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pixee_common.db import Connection, Database, is_transient

_log = logging.getLogger(__name__)
Result = TypeVar("Result")


async def insist(database: Database, work: Callable[[Connection], Awaitable[Result]], *, alone: bool = False) -> Result:
    """Does the work in a transaction until the database has answered; the work must be repeatable. `alone`: see `Database.run`.

    Raises:
        Exception: the database refuses it for a reason that does not pass.
    """
    while True:
        try:
            return await database.run(work, alone=alone)
        except Exception as error:
            if not is_transient(error):
                raise
            _log.warning("database: %s, insisting", type(error).__name__)
            await asyncio.sleep(0.5)
