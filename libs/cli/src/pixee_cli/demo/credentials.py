"""The demo shops' credentials: invented once, kept in the data folder (mode 0600), given to simulator and connector."""

import json
import secrets
from pathlib import Path

from pixee_devstack.folders import write_private

FILE = "demo-shops.json"

Credentials = dict[str, dict[str, str]]
"""Platform → credential name → value."""


def kept_credentials(data: Path) -> Credentials:
    """Those of the folder; what is missing (all, the first time) is made. In the form that each platform gives out."""
    path = data / FILE
    kept: Credentials = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    made = _made()
    if not made.keys() <= kept.keys():
        kept = made | kept
        data.mkdir(parents=True, exist_ok=True)
        write_private(path, json.dumps(kept, indent=2))
    return kept


def _made() -> Credentials:
    return {
        "shopify": {"access_token": f"shpat_{secrets.token_hex(16)}"},
        "woocommerce": {
            "consumer_key": f"ck_{secrets.token_hex(20)}",
            "consumer_secret": f"cs_{secrets.token_hex(20)}",
        },
        "amazon_sp_api": {
            "lwa_client_id": f"amzn1.application-oa2-client.{secrets.token_hex(16)}",
            "lwa_client_secret": f"amzn1.oa2-cs.v1.{secrets.token_hex(32)}",
            "refresh_token": f"Atzr|{secrets.token_urlsafe(48)}",
        },
    }
