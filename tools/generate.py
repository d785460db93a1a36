"""Makes every generated file from what declares it; `--check` refuses a stale one.

Order matters only for the catalogue: topics and the platforms' table are made from it.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
CATALOGUE = "libs/common/src/pixee_common/platforms/catalogue.json"


def catalogue_json() -> str:
    """All manifests, by slug, found by folder."""
    package = importlib.import_module("pixee_workers.platforms")
    manifests = [
        importlib.import_module(f"pixee_workers.platforms.{found.name}.manifest").MANIFEST
        for found in pkgutil.iter_modules(package.__path__)
        if found.ispkg
    ]
    entries = [manifest.model_dump(mode="json") for manifest in sorted(manifests, key=lambda m: m.slug)]
    return json.dumps(entries, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def topics_table() -> str:
    """docs/topics.md."""
    from pixee_common.messaging.topics import topics  # noqa: PLC0415 after the catalogue

    lines = [
        "# Topics",
        "",
        "Made by `make generate` from `pixee_common/messaging/topics.py`. Provisioned, never made by accident.",
        "",
        "| topic | event | key | partitions (small, wide) | kept | written by | read by | meaning |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{t.name}` | `{t.event.TYPE}` | {t.key} | {t.partitions[0]}, {t.partitions[1]} | {t.retention_days} d "
        f"| {', '.join(t.writers)} | {', '.join(t.readers)} | {t.meaning} |"
        for t in topics()
    ]
    return "\n".join(lines) + "\n"


def tables_table() -> str:
    """docs/tables.md."""
    from pixee_common.db.grants import GRANTS, privileges  # noqa: PLC0415

    def cell(letters: str | None) -> str:
        return ", ".join(f"{p.lower()}{f' ({c})' if c else ''}" for p, c in privileges(letters)) if letters else "–"

    lines = [
        "# Tables and who may do what",
        "",
        "Made by `make generate` from `pixee_common/db/grants.py`; the database's GRANTs are made from the same facts.",
        "",
        "| table | gateway | sync-orchestrator | platform-workers |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{table}` | {cell(cells.get('gateway'))} | {cell(cells.get('orchestrator'))} | {cell(cells.get('worker'))} |"
        for table, cells in GRANTS.items()
    ]
    return "\n".join(lines) + "\n"


def reasons_table() -> str:
    """docs/reason-codes.md."""
    from pixee_common.domain.reasons import REASONS  # noqa: PLC0415

    lines = [
        "# Reason codes",
        "",
        "Made by `make generate` from `pixee_common/domain/reasons.py`. `retryable`: the same item, unchanged, may succeed later.",
        "",
        "| code | who acts | retryable | advice |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{code}` | {r.owner} | {'yes' if r.retryable else 'no'} | {r.advice} |" for code, r in REASONS.items()
    ]
    return "\n".join(lines) + "\n"


def platforms_table() -> str:
    """docs/platforms.md."""
    from pixee_common.platforms import catalogue  # noqa: PLC0415

    lines = ["# Platforms", "", "Made by `make generate` from the manifests.", ""]
    for manifest in catalogue().values():
        lines += [
            f"## {manifest.title} (`{manifest.slug}`)",
            "",
            f"API version {manifest.api_version}. Credentials: "
            + " or ".join(" + ".join(f"`{n}`" for n in s) for s in manifest.credential_sets)
            + ". Settings: "
            + ", ".join(f"`{s.name}`{' (required)' if s.required else ''}" for s in manifest.settings)
            + ".",
            "",
            "| operation | mode | items a submission | atomicity | finality | semantics | repeating a call |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {operation} | {c.mode} | {c.max_items} | {c.atomicity} | {c.finality} | {c.semantics} | {c.idempotency} |"
            for operation, c in manifest.capabilities.items()
        ]
        lines.append("")
    return "\n".join(lines)


FILES: dict[str, Callable[[], str]] = {
    CATALOGUE: catalogue_json,
    "docs/topics.md": topics_table,
    "docs/tables.md": tables_table,
    "docs/reason-codes.md": reasons_table,
    "docs/platforms.md": platforms_table,
}


def main() -> None:
    """Writes, or with `--check` compares."""
    check = "--check" in sys.argv[1:]
    stale = []
    for name, make in FILES.items():
        path, text = ROOT / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: {name}")
    if stale:
        raise SystemExit("Stale generated files; run `make generate` and commit: " + ", ".join(stale))


if __name__ == "__main__":
    main()
