"""What every simulated platform stands on: control API, faults, clock, request log, snapshots, server."""

from pixee_simulators.kit.call import Call, call_of
from pixee_simulators.kit.clock import Clock
from pixee_simulators.kit.faults import FaultRule
from pixee_simulators.kit.shop import Shop
from pixee_simulators.kit.simulator import Simulator
from pixee_simulators.kit.violations import Violation

__all__ = ["Call", "Clock", "FaultRule", "Shop", "Simulator", "Violation", "call_of"]
