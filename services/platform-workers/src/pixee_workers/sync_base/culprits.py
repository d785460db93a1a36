"""A submission that was refused as a whole: finds the items that are to blame, and gets everything else through.

What the platform itself names goes first: these items are rejected, the rest is sent again at once. A platform that names nobody, or
is still naming somebody new after some rounds, has its submission halved until each refusal belongs to one item. Where the first half
goes through, the second is known to hold the trouble, and is split without being tried as a whole.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.domain.job import OutcomeKind
from pixee_workers.sync_base.outcomes import Outcome
from pixee_workers.sync_base.route_state import Room
from pixee_workers.sync_base.splitting import halves
from pixee_workers.sync_base.tracks import Track

MOST_ROUNDS = 8
"""How often the rest of one submission is sent again because the platform named somebody."""


class Send(Protocol):
    """Sends items in one submission, after `rounds` in which the platform named others. True: it was refused as a whole."""

    async def __call__(self, tracks: list[Track], rounds: int) -> bool: ...


class Culprits:
    """Of the submissions of one page. `divisible`: the operation is all or nothing, so a refusal says nothing of most items."""

    def __init__(self, room: Room, send: Send, take: Callable[[Track, Outcome], None], *, divisible: bool) -> None:
        self._room = room
        self._send = send
        self._take = take
        self._divisible = divisible

    async def refused(self, tracks: list[Track], fault: PlatformFault, rounds: int) -> None:
        """`refused` or `too_big`, for these items together."""
        named = set(fault.guilty)
        guilty = [track for track in tracks if track.id in named]
        rest = [track for track in tracks if track.id not in named]
        if guilty and (rounds < MOST_ROUNDS or not rest):
            self._reject(guilty, fault)
            if rest:
                await self._send(rest, rounds + 1)
            return
        too_big = fault.kind is FaultKind.TOO_BIG
        if too_big and len(tracks) > 1:
            self._room.too_big(len(tracks))
        if len(tracks) > 1 and (too_big or self._divisible or guilty):
            await self._halve(tracks, rounds, blames_items=not too_big)
        else:
            self._reject(tracks, fault)

    async def _halve(self, tracks: Sequence[Track], rounds: int, *, blames_items: bool) -> None:
        first, second = halves(tracks)
        refused = await self._send(first, rounds)
        if blames_items and not refused and len(second) > 1:
            await self._halve(second, rounds, blames_items=True)
        else:
            await self._send(second, rounds)

    def _reject(self, tracks: Sequence[Track], fault: PlatformFault) -> None:
        for track in tracks:
            self._take(track, Outcome(track.id, OutcomeKind.REJECTED, fault.reason, fault.message))
