"""Writes `.env` for docker-compose.yml: passwords and a key made here and now, for one machine and never for production.

`python deploy/docker/local_env.py`, with Python alone. An `.env` that exists is never touched: its key opens the credentials
that are stored already.
"""

import base64
import os
import secrets
import sys
from pathlib import Path

PASSWORDS = (
    "PIXEE_OWNER_PASSWORD",
    "PIXEE_ROLE_PASSWORD_GATEWAY",
    "PIXEE_ROLE_PASSWORD_ORCHESTRATOR",
    "PIXEE_ROLE_PASSWORD_WORKER",
)


def env_text() -> str:
    """New secrets. Passwords are hexadecimal, so that they may stand in a URL as they are."""
    lines = [f"{name}={secrets.token_hex(16)}" for name in PASSWORDS]
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    return "\n".join([*lines, f"PIXEE_FERNET_KEYS=k1:{key}"]) + "\n"


def main() -> None:
    """Writes the file, readable by its owner alone."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else ".env")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SystemExit(f"{path} exists and is kept: its key opens the credentials that are stored already") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(env_text())
    print(f"{path} written")


if __name__ == "__main__":
    main()
