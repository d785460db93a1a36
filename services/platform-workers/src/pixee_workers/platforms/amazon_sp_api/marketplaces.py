"""Amazon's marketplaces and the hosts of their regions, as the sheet lists them: what may be chosen, never typed.

The language tag is the marketplace's own; a seller's other language comes from the connector's locale.
"""

from dataclasses import dataclass

from pixee_workers.sync_base.calls import ConnectorSettings

HOSTS = {
    "NA": "sellingpartnerapi-na.amazon.com",
    "EU": "sellingpartnerapi-eu.amazon.com",
    "FE": "sellingpartnerapi-fe.amazon.com",
}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """`tag` is the language tag in Amazon's form (fr_FR)."""

    id: str
    country: str
    region: str
    tag: str


_TABLE = """
FR A13V1IB3VIYZZH EU fr_FR|DE A1PA6795UKMFR9 EU de_DE|IT APJ6JRA9NG5V4 EU it_IT|ES A1RKKUPIHCS9HS EU es_ES
UK A1F83G8C2ARO7P EU en_GB|BE AMEN7PMS3EDWL EU fr_BE|NL A1805IZSGTT6HS EU nl_NL|SE A2NODRKZP88ZB9 EU sv_SE
PL A1C3SOZRARQ6R3 EU pl_PL|IE A28R8C7NBKEWEA EU en_IE|TR A33AVAJ2PDY3EV EU tr_TR|AE A2VIGQ35RCS4UG EU en_AE
SA A17E79C6D8DWNP EU ar_AE|EG ARBP9OOSHTCHU EU ar_AE|IN A21TJRUUN4KGV EU en_IN|ZA AE08WJ6YKNBMC EU en_ZA
US ATVPDKIKX0DER NA en_US|CA A2EUQ1WTGCTBG2 NA en_CA|MX A1AM78C64UM0Y8 NA es_MX|BR A2Q3Y263D00KWC NA pt_BR
JP A1VC38T7YXB528 FE ja_JP|AU A39IBJ37TRP1C6 FE en_AU|SG A19VAU5U5O7RUS FE en_SG
"""

MARKETPLACES = {
    place: Marketplace(place, country, region, tag)
    for country, place, region, tag in (row.split() for row in _TABLE.replace("\n", "|").split("|") if row)
}

WITH_LONG_TITLES = frozenset({"SA", "EG", "TR", "AE"})
"""Here titles may have 200 characters (sheet, "Pitfalls": titles)."""

WITH_LIST_PRICE = frozenset({"CA", "MX", "BR", "EG", "SA", "AE", "SG", "AU", "JP"})
"""Here many product types must have a list price, and zero is one (sheet, "Push prices")."""


def marketplace_of(settings: ConnectorSettings) -> Marketplace:
    """The connector's marketplace. One that the sheet does not list is taken as it is, in the region of the host."""
    place = settings.extra.get("marketplace_id", "")
    region = next((name for name, host in HOSTS.items() if host == settings.address), "")
    return MARKETPLACES.get(place) or Marketplace(place, "", region, "en_US")


def language_of(settings: ConnectorSettings) -> str:
    """The language tag of what is sent: the connector's locale where it names a country, else the marketplace's."""
    locale = settings.mapping.locale or settings.locale
    own = marketplace_of(settings).tag
    if not locale:
        return own
    language, _, country = locale.replace("_", "-").partition("-")
    if country:
        return f"{language.lower()}_{country.upper()}"
    return own if own.startswith(f"{language.lower()}_") else language.lower()


def locale_of(settings: ConnectorSettings) -> str:
    """The locale whose texts are taken from the catalog (fr-FR)."""
    return settings.mapping.locale or settings.locale or language_of(settings).replace("_", "-")
