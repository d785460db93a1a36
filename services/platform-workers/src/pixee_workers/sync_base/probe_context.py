"""The context of a call that belongs to no chunk: a probe, the refresh of a token. The budgets are the route's, the breaker is its own."""

from uuid import uuid4

from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.breaker import Breaker
from pixee_workers.sync_base.chunks import Life
from pixee_workers.sync_base.connectors_read import Connector
from pixee_workers.sync_base.context import CourierContext
from pixee_workers.sync_base.courier import PlatformCourier


def probe_context(
    courier: PlatformCourier, connector: Connector, adapter: Adapter, life: Life, *, newer_than: int = -1
) -> CourierContext:
    """A context with the connector's credentials. `newer_than`: see `TokenStore.get`. Raises CryptoError."""
    credentials = courier.connectors.open(connector)
    route = courier.route_for_probe(connector.route_key, adapter)
    return CourierContext(
        courier.wiring,
        adapter=adapter,
        connector=connector,
        credentials=credentials,
        route_key=connector.route_key,
        budgets=route.budgets_of(connector.settings, credentials),
        breaker=Breaker(courier.clock),
        platform_breaker=courier.platform_breaker(connector.platform),
        memory={},
        life=life,
        fast=True,
        submission_key=uuid4(),
        newer_than=newer_than,
    )
