"""The parts of a shop that are not catalog: currency, tax setting, system status, webhooks (sent by `deliveries`)."""

from collections.abc import Mapping
from typing import Any

from pixee_simulators.woocommerce import arguments, coercion, queries
from pixee_simulators.woocommerce.arguments import Argument
from pixee_simulators.woocommerce.errors import WooError
from pixee_simulators.woocommerce.store import Record
from pixee_simulators.woocommerce.visit import Answer, Visit

VERSION = "11.0.1"
_CURRENCIES = {
    "EUR": ("Euro", "&euro;"),
    "USD": ("United States (US) dollar", "&#36;"),
    "GBP": ("Pound sterling", "&pound;"),
    "CHF": ("Swiss franc", "&#67;&#72;&#70;"),
}
_TOPICS = frozenset(f"product.{event}" for event in ("created", "updated", "deleted", "restored"))
_PRICES_INCLUDE_TAX = "woocommerce_prices_include_tax"


def currency(visit: Visit) -> Answer:
    code = str(visit.settings.get("currency", "EUR"))
    name, symbol = _CURRENCIES.get(code, (code, code))
    return Answer({"code": code, "name": name, "symbol": symbol})


def setting(visit: Visit, group: str, name: str) -> Answer:
    """Only the one that decides what a price means; the shop's `prices_include_tax` setting is a bool here."""
    if group != "tax" or name != _PRICES_INCLUDE_TAX:
        raise WooError("rest_setting_setting_invalid", "Invalid setting.", 404)
    value = "yes" if visit.settings.get("prices_include_tax") else "no"
    return Answer(
        {
            "id": name,
            "label": "Prices entered with tax",
            "description": "",
            "type": "radio",
            "default": "no",
            "options": {
                "yes": "Yes, I will enter prices inclusive of tax",
                "no": "No, I will enter prices exclusive of tax",
            },
            "value": value,
            "group_id": group,
        }
    )


def tax_classes(visit: Visit) -> Answer:
    """The three that a new shop has."""
    named = {"standard": "Standard rate", "reduced-rate": "Reduced rate", "zero-rate": "Zero rate"}
    return Answer([{"slug": slug, "name": name} for slug, name in named.items()])


def system_status(visit: Visit) -> Answer:
    environment = {
        "home_url": visit.store.url,
        "site_url": visit.store.url,
        "version": str(visit.settings.get("version", VERSION)),
        "wp_version": "6.9.4",
        "php_version": "8.2.36",
        "mysql_version": "10.11.19-MariaDB",
        "default_timezone": "UTC",
    }
    return Answer({"environment": environment, "database": {}, "active_plugins": [], "theme": {}, "settings": {}})


class Webhooks:
    accepts: Mapping[str, Argument] = arguments.WEBHOOK
    required: tuple[str, ...] = ("topic", "delivery_url")
    list_accepts: Mapping[str, Argument] = arguments.WEBHOOKS_LIST

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._webhooks = visit.store.webhooks

    def search(self) -> Answer:
        visit, status = self._visit, self._visit.query.get("status", "all")
        found = [one for one in self._webhooks.values() if status in {"all", one["status"]}]
        page, headers = queries.page(sorted(found, key=lambda one: -int(one["id"])), visit.query, visit.url)
        return Answer([_wire(one) for one in page], headers=headers)

    def get(self, number: int) -> dict[str, Any]:
        return _wire(self._found(number))

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        topic, url = coercion.text(body.get("topic")), coercion.text(body.get("delivery_url"))
        if topic not in _TOPICS:
            raise WooError("woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.")
        if not url.startswith(("http://", "https://")):
            message = "Webhook delivery URL must be a valid URL starting with http:// or https://."
            raise WooError("woocommerce_rest_shop_webhook_invalid_delivery_url", message)
        number, now = self._visit.store.number("webhook"), self._visit.now
        self._webhooks[number] = {
            "id": number,
            "name": coercion.text(body.get("name")) or "Webhook",
            "status": body.get("status", "active"),
            "topic": topic,
            "delivery_url": url,
            "secret": coercion.text(body.get("secret")),
            "date_created_gmt": now,
            "date_modified_gmt": now,
        }
        self._visit.pinged.append(number)
        return _wire(self._webhooks[number])

    def update(self, number: int, body: dict[str, Any]) -> dict[str, Any]:
        names = ("name", "status", "topic", "delivery_url", "secret")
        changed = {name: body[name] for name in names if name in body}
        self._webhooks[number] = self._found(number) | changed | {"date_modified_gmt": self._visit.now}
        return _wire(self._webhooks[number])

    def delete(self, number: int, *, force: bool) -> dict[str, Any]:
        webhook = self._found(number)
        if not force:
            raise WooError("woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.", 501)
        del self._webhooks[number]
        return _wire(webhook)

    def _found(self, number: int) -> Record:
        if number not in self._webhooks:
            raise WooError("woocommerce_rest_shop_webhook_invalid_id", "Invalid ID.", 404)
        return self._webhooks[number]


def _wire(webhook: Record) -> dict[str, Any]:
    """The secret is never shown again."""
    resource, event = webhook["topic"].split(".")
    shown = {name: value for name, value in webhook.items() if name not in {"secret", "failures"}}
    return shown | {"resource": resource, "event": event, "hooks": [f"woocommerce_{event}_{resource}"]}
