"""The catalogue of platforms and the files that depend on it: found by folder, never by a list."""

import importlib
import json
import pkgutil

from pixee_common.platforms.manifest import Manifest


def manifests() -> list[Manifest]:
    """The manifest of every folder under `pixee_workers/platforms`, by slug."""
    package = importlib.import_module("pixee_workers.platforms")
    found = [
        importlib.import_module(f"pixee_workers.platforms.{entry.name}.manifest").MANIFEST
        for entry in pkgutil.iter_modules(package.__path__)
        if entry.ispkg
    ]
    return sorted(found, key=lambda manifest: str(manifest.slug))


def catalogue_json() -> str:
    """`catalogue.json`, by which the gateway knows the platforms."""
    entries = [manifest.model_dump(mode="json") for manifest in manifests()]
    return json.dumps(entries, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def platforms_md() -> str:
    """docs/platforms.md."""
    lines = ["# Platforms", "", "Made by `make generate` from the manifests.", ""]
    for manifest in manifests():
        ways = " or ".join(" + ".join(f"`{name}`" for name in one) for one in manifest.credential_sets)
        settings = ", ".join(f"`{s.name}`{' (required)' if s.required else ''}" for s in manifest.settings)
        lines += [
            f"## {manifest.title} (`{manifest.slug}`)",
            "",
            f"API version {manifest.api_version}. Credentials: {ways}. Settings: {settings}.",
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
