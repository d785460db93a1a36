"""A measured figure, and the page that all figures are written to."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
STORE = PAGE.with_suffix(".json")


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
        return f"| {self.name} | {self.measured:.3g} {self.unit} | {self.bound} | {verdict if self.limit is not None else ''} | {self.detail} |"

    @property
    def bound(self) -> str:
        """The limit in words."""
        if self.limit is None:
            return "none"
        return f"{'≤' if self.lower_is_better else '≥'} {self.limit:g} {self.unit}"


def write(found: Mapping[str, Sequence[Figure]]) -> None:
    """Figures by benchmark, into docs/performance.json beside those of earlier days, and all of them into docs/performance.md."""
    kept = json.loads(STORE.read_text("utf-8")) if STORE.exists() else {}
    taken = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {_cores()} cores"
    for name, figures in found.items():
        kept[name] = {"taken": taken, "figures": [asdict(figure) for figure in figures]}
    STORE.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    lines = [
        "# Performance",
        "",
        "Written by `make bench`. Every figure is taken against a baseline in the same run; machines are noisy, so read the ratios.",
        "",
        "| what | measured | limit | | how |",
        "|---|---|---|---|---|",
        *(Figure(**figure).row() for name in sorted(kept) for figure in kept[name]["figures"]),
        "",
        "Taken: " + "; ".join(f"`{name}` {kept[name]['taken']}" for name in sorted(kept)) + ".",
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")


def _cores() -> int:
    return len(os.sched_getaffinity(0))
