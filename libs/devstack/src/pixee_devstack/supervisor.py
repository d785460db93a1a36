"""Several processes as one: started in order, stopped in reverse, watched for the one that ends by itself."""

import asyncio
import signal
from collections.abc import Iterable, Sequence

from pixee_devstack.processes import ManagedProcess

_LOOK_EVERY = 0.2  # seconds


class Supervisor:
    """Starts and stops processes in an order that lets each find what it needs."""

    def __init__(self) -> None:
        self.processes: list[ManagedProcess] = []

    async def start(self, processes: Iterable[ManagedProcess]) -> None:
        """Start `processes` side by side and return when all are ready.

        Groups that need each other are started by one call after the other. When one fails the others of the call are
        stopped, and its error is raised.
        """
        group = list(processes)
        self.processes.extend(group)
        try:
            results = await asyncio.gather(*(process.start() for process in group), return_exceptions=True)
            for result in results:
                if isinstance(result, BaseException):
                    raise result
        except BaseException:
            await asyncio.gather(*(process.stop() for process in group))
            self.processes = [process for process in self.processes if process not in group]
            raise

    async def stop(self) -> None:
        """Stop all in the reverse of the order in which they were started."""
        while self.processes:
            await self.processes[-1].stop()
            self.processes.pop()

    async def wait(self, *, also: Sequence[ManagedProcess] = ()) -> ManagedProcess | None:
        """Return None on Ctrl-C or SIGTERM, or the first process, here or in `also`, that ended by itself.

        The caller stops the rest. Call it in the main thread, which is where Python hears signals.
        """
        enough = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, enough.set)
        try:
            while not enough.is_set():
                for process in (*self.processes, *also):
                    if not process.running:
                        return process
                try:
                    await asyncio.wait_for(enough.wait(), _LOOK_EVERY)
                except TimeoutError:
                    continue
            return None
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
