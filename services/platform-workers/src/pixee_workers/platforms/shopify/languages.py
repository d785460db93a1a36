"""The languages of the shop, and whether the app may translate: asked before a product with translations is written.

Kept in the context's memory; where a language is missing the shop is asked again after a minute, since a person may just have added it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pixee_common.domain.faults import PlatformFault
from pixee_workers.platforms.shopify import faults, wire
from pixee_workers.platforms.shopify.manifest import TRANSLATION_SCOPES
from pixee_workers.platforms.shopify.requests import ask
from pixee_workers.sync_base.calls import CallContext

_KNOWN = "languages"
_POINTS = 3
_PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Languages:
    """`own`: the shop's primary one; `others`: those into which it translates, published or not."""

    own: str
    others: frozenset[str]
    at: datetime

    def missing(self, locale: str) -> str | None:
        """Why a language cannot be translated into, and what to do; null: it can."""
        if locale == self.own:
            return f"{locale} is the shop's own language, in which the product itself stands: take it out of the translations."
        if locale in self.others:
            return None
        there = ", ".join(sorted(self.others)) or f"none beside {self.own}"
        return (
            f"The shop has no language {locale}: add it in Shopify under Settings, Languages, or name one that it has "
            f"({there}). Its texts go with the next change of the product."
        )


async def there(context: CallContext, *wanted: str) -> Languages:
    """The shop's languages, lately read where one of `wanted` is not among them.

    Raises:
        PlatformFault: the app may not read languages or write translations.
    """
    known = context.memory.get(_KNOWN)
    if isinstance(known, Languages):
        lacks = any(known.missing(one) for one in wanted)
        if not lacks or context.now() - known.at < _PATIENCE:
            return known
    data, _ = await ask(context, "shopLocales", wire.LANGUAGES, {}, cost=_POINTS)
    _check({str(one["handle"]) for one in data["currentAppInstallation"]["accessScopes"]})
    every = {str(one["locale"]): bool(one["primary"]) for one in data["shopLocales"]}
    own = next((locale for locale, primary in every.items() if primary), "")
    found = Languages(own, frozenset(every) - {own}, context.now())
    context.memory[_KNOWN] = found
    return found


def forget(context: CallContext) -> None:
    """The shop said that one of them is gone."""
    context.memory.pop(_KNOWN, None)


def _check(scopes: set[str]) -> None:
    implied = {*scopes, *(one.replace("write_", "read_", 1) for one in scopes)}
    lacking = [one for one in TRANSLATION_SCOPES if one not in implied]
    if lacking:
        rule = faults.GRAPHQL_ERRORS["ACCESS_DENIED"]
        raise PlatformFault(rule.kind, rule.scope, rule.reason, f"{rule.message} ({', '.join(lacking)})")
