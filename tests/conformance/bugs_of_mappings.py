"""Mistakes with mappings."""

from typing import Any

from conformance.planting import Planted

from pixee_common.domain.mapping import ConnectorMapping
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.outcomes import Refusal


def guessing(real: Adapter) -> Adapter:
    """Sends what is not mapped as it is."""

    def mapped(operation: Any, item: Any, settings: Any) -> Any:
        found = real.mapped(operation, item, settings)
        unmapped = isinstance(found, Refusal) and found.reason is ReasonCode.MISSING_MAPPING
        without = settings.model_copy(update={"mapping": ConnectorMapping()})
        return real.mapped(operation, item, without) if unmapped else found

    return Planted(real, mapped=mapped)


def vague(real: Adapter) -> Adapter:
    """Refuses and does not say what is missing."""

    def mapped(operation: Any, item: Any, settings: Any) -> Any:
        found = real.mapped(operation, item, settings)
        unmapped = isinstance(found, Refusal) and found.reason is ReasonCode.MISSING_MAPPING
        return Refusal(ReasonCode.MISSING_MAPPING, "Something is not mapped.", found.field) if unmapped else found

    return Planted(real, mapped=mapped)


def all_of_it(real: Adapter) -> Adapter:
    """Puts the whole mapping into every item's values."""

    def mapped(operation: Any, item: Any, settings: Any) -> Any:
        found = real.mapped(operation, item, settings)
        return {**found, "mapping": settings.mapping.model_dump(mode="json")} if isinstance(found, dict) else found

    return Planted(real, mapped=mapped)


def deaf(real: Adapter) -> Adapter:
    """Does not look at the mapping."""

    def mapped(operation: Any, item: Any, settings: Any) -> Any:
        return real.mapped(operation, item, settings.model_copy(update={"mapping": ConnectorMapping()}))

    return Planted(real, mapped=mapped)
