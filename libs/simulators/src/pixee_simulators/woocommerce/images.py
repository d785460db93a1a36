"""Images: every `src` is downloaded (here: judged) and becomes a new media file; `id` reuses one (sheet, "Images")."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from pixee_simulators.woocommerce import coercion
from pixee_simulators.woocommerce.errors import WooError
from pixee_simulators.woocommerce.store import Record, Store, moment

_PORTS = frozenset({None, 80, 443, 8080})


class Sideload:
    """Takes images into the shop's media. `failing_images` of the settings: regular expressions of URLs that fail."""

    def __init__(self, store: Store, settings: dict[str, Any], now: float) -> None:
        self._store = store
        self._failing = [re.compile(pattern) for pattern in settings.get("failing_images", ())]
        self._private = bool(settings.get("allow_private_images"))
        self._now = now

    def take(self, images: Any) -> list[int]:
        """Media ids in the order given. Raises WooError for the whole product; files taken before it stay, as there."""
        return [taken for image in coercion.objects(images) if (taken := self.take_one(image))]

    def take_one(self, image: Record) -> int:
        given = coercion.integer(image.get("id"))
        if given:
            if given not in self._store.media:
                raise WooError("woocommerce_product_invalid_image_id", f"#{given} is an invalid image ID.")
            media = self._store.media[given]
        elif image.get("src"):
            media = self._download(str(image["src"]))
        else:
            return 0
        for name in ("name", "alt"):
            if name in image:
                media[name] = coercion.text(image[name])
        return int(media["id"])

    def _download(self, src: str) -> Record:
        self._judge(src)
        number = self._store.number("post")
        at = moment(self._now)
        name = urlsplit(src).path.rsplit("/", 1)[-1] or "image"
        stem, dot, suffix = name.rpartition(".")
        filename = f"{stem}-{number}{dot}{suffix}" if dot else f"{name}-{number}.jpg"
        media = {
            "id": number,
            "date_gmt": at,
            "src": f"{self._store.url}/wp-content/uploads/{at[:4]}/{at[5:7]}/{filename}",
            "name": name,
            "alt": "",
            "origin": src,
        }
        self._store.media[number] = media
        return media

    def _judge(self, src: str) -> None:
        """WordPress' wp_http_validate_url, and the failures a test asks for."""
        if any(pattern.search(src) for pattern in self._failing):
            raise _upload_error(src, "Not Found")
        try:
            parts = urlsplit(src)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise _upload_error(src, "A valid URL was not provided.") from None
        odd = parts.scheme not in {"http", "https"} or not host or port not in _PORTS or _is_private(host)
        if odd and not self._private:
            raise _upload_error(src, "A valid URL was not provided.")


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_global


def _upload_error(src: str, why: str) -> WooError:
    return WooError("woocommerce_product_image_upload_error", f"Error getting remote image {src}. Error: {why}")
