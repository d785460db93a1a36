"""How a file is to be read; the part of it that changes what the rows mean is part of the import's identity."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pixee_common.domain.measures import WeightUnit
from pixee_common.domain.product import UNDETERMINED_LOCALE


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`wanted`: field → column, as `--map` gave it. `currency_given`: rows in another currency are then refused."""

    wanted: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None
    locale: str = UNDETERMINED_LOCALE
    currency: str = "EUR"
    currency_given: bool = False
    derive_price_stock: bool = False
    weight_unit: WeightUnit = WeightUnit.KILOGRAM
    delimiter: str | None = None
    encoding: str | None = None

    def identity(self, file_sha256: str) -> str:
        """The source of the events: the same file read the same way is the same source, so a repetition changes nothing."""
        meaning = {
            "file": file_sha256,
            "map": dict(sorted(self.wanted.items())),
            "group": self.group,
            "locale": self.locale,
            "currency": self.currency,
            "currency_given": self.currency_given,
            "derive": self.derive_price_stock,
            "weight_unit": self.weight_unit,
            "delimiter": self.delimiter,
            "encoding": self.encoding,
        }
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()
