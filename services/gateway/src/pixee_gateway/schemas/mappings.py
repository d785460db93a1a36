"""Bodies of the routes for requirements and mappings."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from pixee_common.domain.mapping import ConnectorMapping
from pixee_common.platforms.requirements import Requirements

_MAPPING: dict[str, JsonValue] = {
    "categories": {"Shoes > Boots": "Footwear > Boots"},
    "product_types": {"*": "BOOT"},
    "attributes": [
        {
            "target": "color",
            "source": "attribute:colour",
            "unit": None,
            "values": {"rot": "red", "*": "multicoloured"},
            "product_types": [],
        },
        {
            "target": "item_weight",
            "source": "field:weight",
            "unit": "kilograms",
            "values": {},
            "product_types": ["BOOT"],
        },
    ],
    "locations": {"default": "gid://shopify/Location/1"},
    "tax_classes": {"reduced": "reduced-rate"},
    "locale": "de",
    "channel": "web",
    "price_list": "retail",
}


class RequirementsAnswer(BaseModel):
    """What the shop demands and offers, and when it was asked."""

    fetched_at: datetime
    age_seconds: int
    requirements: Requirements

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "fetched_at": "2026-11-24T08:00:00Z",
                "age_seconds": 3600,
                "requirements": {
                    "tax_classes": [{"code": "reduced-rate", "label": "Reduced rate"}],
                    "categories": [{"code": "Shoes > Boots", "label": "Shoes > Boots"}],
                    "currencies": ["EUR"],
                    "open": ["categories"],
                },
            }
        }
    )


class MappingToPut(ConnectorMapping):
    """The whole mapping: what is left out is removed."""

    version: int | None = Field(
        default=None, ge=0, description="The version that was read; or send it as If-Match. 0: there was none."
    )

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"example": _MAPPING | {"version": 3}})


class MappingSuggestion(BaseModel):
    """A guess by name. For the part `attributes`, `ours` is the source of a rule and `theirs` its target."""

    part: str
    ours: str
    theirs: str
    label: str
    score: float = Field(ge=0, le=1)

    model_config = ConfigDict(from_attributes=True)


class MissingMapping(BaseModel):
    """Something of the catalog that has no counterpart: products that need it are rejected with `missing_mapping`."""

    field: str = Field(description="Path in the mapping.")
    ours: str
    products: int = Field(description="How many products need it.")
    message: str

    model_config = ConfigDict(from_attributes=True)


class MappingDetail(ConnectorMapping):
    """The mapping as it stands, with what could be added."""

    version: int
    suggestions: list[MappingSuggestion] = Field(description="At most 200, the best first.")
    missing: list[MissingMapping] = Field(description="What most products need first.")

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "example": _MAPPING
            | {
                "version": 3,
                "suggestions": [
                    {"part": "categories", "ours": "Hüte", "theirs": "Hats", "label": "Hats", "score": 0.75}
                ],
                "missing": [
                    {
                        "field": "attributes.color.values",
                        "ours": "blau",
                        "products": 12,
                        "message": "Map attributes.color.values for 'blau' in the connector's mapping.",
                    }
                ],
            }
        },
    )
