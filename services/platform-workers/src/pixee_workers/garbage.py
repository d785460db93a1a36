"""Keeps Python's garbage collector from stopping a busy worker: nothing here makes cycles in bulk, and most objects die by count.

A full collection walks every module and model that the process has loaded (0.1 s and more, with every lane standing still), again
and again as chunks come and go. So what is there at the start is left out for good, and young objects are looked at less often.
"""

import gc

_YOUNG = 20_000


def settle() -> None:
    """Call it once, when everything that stays is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
