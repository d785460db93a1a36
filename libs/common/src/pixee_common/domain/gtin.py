"""GTIN (EAN, UPC) numbers: valid with 8, 12, 13 or 14 digits and a right check digit; everything else is kept as given and never sent.

Source: GS1 General Specifications, section 7.9 (check digit).
"""

_LENGTHS = frozenset({8, 12, 13, 14})


def gtin_is_valid(given: str) -> bool:
    """Whether the text is a GTIN that may be sent to a platform."""
    if len(given) not in _LENGTHS or not (given.isascii() and given.isdigit()):
        return False
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(given[:-1])))
    return (10 - weighted % 10) % 10 == int(given[-1])


def gtin_key(given: str) -> str:
    """What two spellings of one GTIN have in common (leading zeros do not count)."""
    return given.lstrip("0")
