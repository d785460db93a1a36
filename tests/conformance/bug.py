"""What a planted bug is: a law, a platform, the mistake, and how the law has to complain."""

from dataclasses import dataclass

from conformance.planting import Plant


@dataclass(frozen=True)
class Bug:
    """`because`: a regular expression for what the law says when it finds the bug."""

    law: str
    slug: str
    plant: Plant
    because: str
