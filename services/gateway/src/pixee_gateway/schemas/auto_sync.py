"""The body of a connector's auto-sync: which pushes a change of the catalog starts by itself."""

from pydantic import BaseModel, ConfigDict


class AutoSync(BaseModel):
    """Which pushes start by themselves."""

    push_products: bool = False
    push_stock: bool = False
    push_prices: bool = False


class AutoSyncToChange(BaseModel):
    """What to switch; what is left out stays. Switching on brings what the shop has of us into step, and sends what changes from
    now on; switching off drops what waits to be sent.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"push_stock": True, "push_prices": True}})

    push_products: bool | None = None
    push_stock: bool | None = None
    push_prices: bool | None = None
