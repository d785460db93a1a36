"""Makes every generated file from what declares it; `--check` refuses a stale one.

The catalogue comes first and is written before the rest is imported: topics and the API are made from it.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools.generated.catalogue import catalogue_json, platforms_md  # noqa: E402 the path comes first

CATALOGUE: dict[str, Callable[[], str]] = {
    "libs/common/src/pixee_common/platforms/catalogue.json": catalogue_json,
    "docs/platforms.md": platforms_md,
}


def the_rest() -> dict[str, Callable[[], str]]:
    """Files that are made from the catalogue too."""
    from tools.generated import interfaces, kubernetes, tables  # noqa: PLC0415 after the catalogue

    return {
        "docs/topics.md": tables.topics_md,
        "docs/tables.md": tables.tables_md,
        "docs/reason-codes.md": tables.reasons_md,
        "docs/settings.md": tables.settings_md,
        "docs/metrics.md": tables.metrics_md,
        ".env.example": tables.env_file,
        "docs/openapi.json": interfaces.openapi_json,
        "docs/asyncapi.json": interfaces.asyncapi_json,
        **kubernetes.FILES,
    }


def settle(files: Mapping[str, Callable[[], str]], *, check: bool) -> list[str]:
    """Writes the files, or with `check` names those that differ."""
    stale = []
    for name, make in files.items():
        path, text = ROOT / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: {name}")
    return stale


def main() -> None:
    """Writes, or with `--check` compares and exits with 1."""
    check = "--check" in sys.argv[1:]
    stale = settle(CATALOGUE, check=check) + settle(the_rest(), check=check)
    if stale:
        raise SystemExit("Stale generated files; run `make generate` and commit: " + ", ".join(stale))


if __name__ == "__main__":
    main()
