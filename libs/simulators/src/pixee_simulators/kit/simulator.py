"""What a platform's simulator has to say; everything else (log, faults, clock, snapshots, control) is the kit's.

A platform is a folder `pixee_simulators/<slug>/` whose `simulator.py` has `create(**options) -> Simulator`, where the
options are those of `Simulator.__init__`. All times come from `self.clock`.
"""

import itertools
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Generic

from aiohttp import web

from pixee_simulators.kit.clock import Clock
from pixee_simulators.kit.counts import Counts
from pixee_simulators.kit.faults import FaultRule, Faults
from pixee_simulators.kit.request_log import RequestLog
from pixee_simulators.kit.shop import Shop, State
from pixee_simulators.kit.specs import find_specs, say_absent
from pixee_simulators.kit.violations import Violation, Violations


class Simulator(ABC, Generic[State]):
    """One platform, many shops told apart by the Host header (lower case, port removed) unless `shop_of` knows better.

    The life of a request: shop found -> `classify` -> logged -> `validate` (violations recorded, never answered) ->
    faults of the "before" sort -> `limits["latency_ms"]` -> the platform's handler -> faults of the "after" sort.
    """

    slug: ClassVar[str]
    host_example: ClassVar[str]
    """A host as merchants have it, for messages and documentation."""
    default_limits: ClassVar[dict[str, Any]] = {}
    """Platform's limits of a new shop; `latency_ms` (int, before the handler) exists for every platform."""

    def __init__(self, *, data: Path | None = None, clock_scale: float = 1.0, log_limit: int = 200_000) -> None:
        """`data`: folder kept over restarts (None: memory only). `log_limit`: entries kept per shop."""
        self.data = data
        self.clock = Clock(scale=clock_scale)
        self.log_limit = log_limit
        self.shops: dict[str, Shop[State]] = {}
        self.faults = Faults()
        self.violations = Violations()
        self.sequence = itertools.count(1)
        self.specs = find_specs(self.slug)
        if self.specs is None:
            say_absent(self.slug)

    # --- what every platform must say -----------------------------------------------------------------------------

    @abstractmethod
    def routes(self, app: web.Application) -> None:
        """Add the platform's handlers. A handler takes the `web.Request`, finds its call by `call_of(request)` and
        returns a `web.Response` with its body in memory.
        """

    @abstractmethod
    def new_shop(self, host: str, settings: dict[str, Any]) -> State:
        """A fresh shop's state. Raises ValueError with a message for settings that make no sense."""

    @abstractmethod
    def classify(self, shop: Shop[State], request: web.Request, body: bytes) -> tuple[str, str]:
        """`("read" | "write", operation)`; operation is a short stable name for counts and fault rules."""

    # --- what a platform may say ----------------------------------------------------------------------------------

    def validate(self, shop: Shop[State], request: web.Request, body: bytes) -> list[Violation]:
        """Breaches of the published schema. Called only when `self.specs` is there."""
        return []

    def sizes(self, shop: Shop[State]) -> dict[str, int]:
        """`{products, variants}` that exist in the shop now."""
        return {}

    def freeze_state(self, state: State) -> Any:
        """The state as JSON (orjson; keys may be integers but come back as text). Default: it is JSON already."""
        return state

    def thaw_state(self, host: str, settings: dict[str, Any], kept: Any) -> State:
        """The inverse of `freeze_state`."""
        thawed: State = kept
        return thawed

    def settings_changed(self, shop: Shop[State]) -> None:
        """`shop.settings` has just been updated by the control API."""

    def limits_changed(self, shop: Shop[State]) -> None:
        """`shop.limits` has just been updated by the control API."""

    def unknown_shop(self, request: web.Request) -> web.Response:
        """The answer for a host that is no shop here."""
        return web.json_response({"error": f"no {self.slug} shop at {request.host}"}, status=404)

    def expired_token(self, shop: Shop[State], request: web.Request) -> web.Response:
        """The platform's answer to a credential that ran out (fault `expired_token`)."""
        return web.json_response({"error": "unauthorized"}, status=401)

    def throttled(self, shop: Shop[State], request: web.Request, rule: FaultRule) -> web.Response:
        """The platform's "slow down" (fault `throttle`); `rule.retry_after` is seconds or None."""
        headers = {} if rule.retry_after is None else {"Retry-After": f"{rule.retry_after:g}"}
        return web.json_response({"error": "too many requests"}, status=429, headers=headers)

    # --- shops ----------------------------------------------------------------------------------------------------

    def shop_at(self, host: str) -> Shop[State] | None:
        """The shop of a Host header."""
        return self.shops.get(host) or self.shops.get(shop_host(host))

    def shop_of(self, request: web.Request, body: bytes) -> Shop[State] | None:
        """The shop that a request is for: by its Host, unless a platform serves all its merchants from one host."""
        return self.shop_at(request.host)

    def put_shop(self, host: str, settings: dict[str, Any]) -> Shop[State]:
        """Create a shop, or merge settings into one that is there (its products stay)."""
        host = shop_host(host)
        shop = self.shops.get(host)
        if shop is None:
            shop = self.shops[host] = self._fresh(host, dict(settings))
        else:
            shop.settings |= settings
            self.settings_changed(shop)
            shop.touch()
        return shop

    def put_limits(self, host: str, limits: dict[str, Any]) -> Shop[State]:
        """Merge limits; KeyError for an unknown host, ValueError for a limit the platform does not have."""
        shop = self.shops[shop_host(host)]
        if unknown := set(limits) - set(self._limits()):
            raise ValueError(f"{self.slug} has no limit {', '.join(sorted(unknown))}; it has {sorted(self._limits())}")
        shop.limits |= limits
        self.limits_changed(shop)
        shop.touch()
        return shop

    def reset(self, host: str | None = None) -> None:
        """One shop (KeyError when unknown) or all: state, limits, log and counts as new, settings kept. Without a
        host also faults and violations.
        """
        for name in [shop_host(host)] if host is not None else list(self.shops):
            self.shops[name] = self._fresh(name, self.shops[name].settings)
        if host is None:
            self.faults.clear()
            self.violations.clear()

    def _fresh(self, host: str, settings: dict[str, Any]) -> Shop[State]:
        return Shop(
            host=host,
            settings=settings,
            limits=self._limits(),
            state=self.new_shop(host, settings),
            log=RequestLog(self.log_limit),
            counts=Counts(),
        )

    def _limits(self) -> dict[str, Any]:
        return {"latency_ms": 0} | self.default_limits

    def complain(self, message: str) -> None:
        """Something the simulator itself cannot do: on stderr, where the stack shows it."""
        sys.stderr.write(f"{self.slug} simulator: {message}\n")


def shop_host(host: str) -> str:
    """A Host header's shop: lower case, without the port."""
    return host.lower().rsplit(":", 1)[0] if ":" in host and not host.endswith("]") else host.lower()
