"""A measured figure, and the page that all figures are written to."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


@dataclass(frozen=True)
class Figure:
    """What was measured, against what, and whether it holds. `lower_is_better` says which way the limit points; null: no limit."""

    name: str
    measured: float
    limit: float | None
    lower_is_better: bool
    unit: str
    detail: str

    @property
    def holds(self) -> bool:
        if self.limit is None:
            return True
        return self.measured <= self.limit if self.lower_is_better else self.measured >= self.limit

    def row(self) -> str:
        verdict = "holds" if self.holds else "**does not hold**"
        return f"| {self.name} | {self.measured:.3g} {self.unit} | {self.bound} | {verdict if self.limit else ''} | {self.detail} |"

    @property
    def bound(self) -> str:
        """The limit in words."""
        if self.limit is None:
            return "none"
        return f"{'≤' if self.lower_is_better else '≥'} {self.limit:g} {self.unit}"


def write(figures: list[Figure]) -> None:
    """docs/performance.md, with the machine and the day."""
    lines = [
        "# Performance",
        "",
        "Written by `make bench`. Every figure is taken against a baseline in the same run; machines are noisy, so read the ratios.",
        "",
        f"Last run: {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {_cores()} cores.",
        "",
        "| what | measured | limit | | how |",
        "|---|---|---|---|---|",
        *(figure.row() for figure in figures),
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")


def _cores() -> int:
    return len(os.sched_getaffinity(0))
