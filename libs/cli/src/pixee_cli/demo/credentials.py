"""The demo shops' credentials: invented once, kept in the data folder (mode 0600), given to simulator and connector."""

import json
import secrets
from pathlib import Path

from pixee_devstack.folders import write_private

FILE = "demo-shops.json"

Credentials = dict[str, dict[str, str]]
"""Platform → credential name → value."""


def kept_credentials(data: Path) -> Credentials:
    """Those of the folder, made the first time. In the form that each platform gives out."""
    path = data / FILE
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        write_private(path, json.dumps(_made(), indent=2))
    found: Credentials = json.loads(path.read_text(encoding="utf-8"))
    return found


def _made() -> Credentials:
    return {
        "shopify": {"access_token": f"shpat_{secrets.token_hex(16)}"},
        "woocommerce": {
            "consumer_key": f"ck_{secrets.token_hex(20)}",
            "consumer_secret": f"cs_{secrets.token_hex(20)}",
        },
    }
