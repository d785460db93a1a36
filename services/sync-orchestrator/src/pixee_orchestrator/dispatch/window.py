"""How many chunks of one route may be rung and not finished. Pure."""

import math

__all__ = ["window"]

_SMALLEST = 4
_LARGEST = 64
_AHEAD_SECONDS = 30.0
_SWEEP_SECONDS = 1.5


def window(chunks_per_second: float) -> int:
    """Half a minute of work, between 4 and 64 chunks; but never less than what keeps a lane busy between two sweeps of a second."""
    comfortable = min(_LARGEST, max(_SMALLEST, math.ceil(round(chunks_per_second * _AHEAD_SECONDS, 3))))
    return max(comfortable, math.ceil(round(chunks_per_second * _SWEEP_SECONDS, 3)))
