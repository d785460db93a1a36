"""Amazon's three regions and their marketplaces: which host serves which marketplace (sheet, "Credentials and auth")."""

from dataclasses import dataclass

HOSTS = {
    "sellingpartnerapi-na.amazon.com": "NA",
    "sellingpartnerapi-eu.amazon.com": "EU",
    "sellingpartnerapi-fe.amazon.com": "FE",
}
SIGN_IN_HOST = "api.amazon.com"


@dataclass(frozen=True, slots=True)
class Marketplace:
    """`language` is a tag as in attributes (`fr_FR`)."""

    id: str
    country: str
    currency: str
    language: str
    domain: str
    region: str

    @property
    def name(self) -> str:
        return self.domain.removeprefix("www.").capitalize()


_TABLE = """
A13V1IB3VIYZZH FR EUR fr_FR www.amazon.fr EU
A1PA6795UKMFR9 DE EUR de_DE www.amazon.de EU
APJ6JRA9NG5V4 IT EUR it_IT www.amazon.it EU
A1RKKUPIHCS9HS ES EUR es_ES www.amazon.es EU
A1F83G8C2ARO7P GB GBP en_GB www.amazon.co.uk EU
AMEN7PMS3EDWL BE EUR fr_BE www.amazon.com.be EU
A1805IZSGTT6HS NL EUR nl_NL www.amazon.nl EU
A2NODRKZP88ZB9 SE SEK sv_SE www.amazon.se EU
A1C3SOZRARQ6R3 PL PLN pl_PL www.amazon.pl EU
A28R8C7NBKEWEA IE EUR en_IE www.amazon.ie EU
A33AVAJ2PDY3EV TR TRY tr_TR www.amazon.com.tr EU
A2VIGQ35RCS4UG AE AED en_AE www.amazon.ae EU
A17E79C6D8DWNP SA SAR ar_SA www.amazon.sa EU
ARBP9OOSHTCHU EG EGP ar_EG www.amazon.eg EU
A21TJRUUN4KGV IN INR en_IN www.amazon.in EU
AE08WJ6YKNBMC ZA ZAR en_ZA www.amazon.co.za EU
ATVPDKIKX0DER US USD en_US www.amazon.com NA
A2EUQ1WTGCTBG2 CA CAD en_CA www.amazon.ca NA
A1AM78C64UM0Y8 MX MXN es_MX www.amazon.com.mx NA
A2Q3Y263D00KWC BR BRL pt_BR www.amazon.com.br NA
A1VC38T7YXB528 JP JPY ja_JP www.amazon.co.jp FE
A39IBJ37TRP1C6 AU AUD en_AU www.amazon.com.au FE
A19VAU5U5O7RUS SG SGD en_SG www.amazon.sg FE
"""
MARKETPLACES = {line.split()[0]: Marketplace(*line.split()) for line in _TABLE.strip().splitlines()}


def region_of(host: str) -> str | None:
    """The region of an API host, the sandbox's too; None for any other host."""
    return HOSTS.get(host.removeprefix("sandbox."))
