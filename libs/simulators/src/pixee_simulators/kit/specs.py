"""Where the published schemas lie. They are reference material beside the project, never a part of it."""

import os
import sys
from pathlib import Path


def find_specs(slug: str) -> Path | None:
    """The folder of a platform's schemas, or None (said once on stderr by the caller's simulator).

    `PIXEE_SPECS_DIR` decides when it is set, even when it names nothing; else `../shared/specs` beside the working
    directory, then beside the project's root.
    """
    named = os.environ.get("PIXEE_SPECS_DIR")
    if named is not None:
        roots = [Path(named)] if named else []
    else:
        roots = [above / "shared" / "specs" for above in _above()]
    return next((root / slug for root in roots if (root / slug).is_dir()), None)


def say_absent(slug: str) -> None:
    sys.stderr.write(
        f"{slug} simulator: no published schemas found (PIXEE_SPECS_DIR, ../shared/specs/{slug}); "
        "requests are answered but not validated\n",
    )


def _above() -> list[Path]:
    project = next(
        (folder for folder in Path(__file__).resolve().parents if (folder / "requirements.in").exists()), None
    )
    return [Path.cwd().resolve().parent, *([project.parent] if project is not None else [])]
