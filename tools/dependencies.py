"""Runs deptry for each member: every import is declared by the member that uses it, and nothing is declared in vain."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Exits with 1 where a member's declaration and its imports differ."""
    failed = []
    for project in sorted(ROOT.glob("libs/*/pyproject.toml")) + sorted(ROOT.glob("services/*/pyproject.toml")):
        member = project.parent
        answer = subprocess.run(
            [sys.executable, "-m", "deptry", "--no-ansi", "--config", str(project), str(member / "src")],
            cwd=member, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if answer.returncode:
            failed.append(member.name)
            print(f"{member.relative_to(ROOT)}:\n{answer.stdout}{answer.stderr}")
    if failed:
        raise SystemExit("Declared and used dependencies differ in: " + ", ".join(failed))


if __name__ == "__main__":
    main()
