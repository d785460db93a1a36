"""How long a refusal holds calls back, and whose."""

import pytest

from pixee_common.clock import FakeClock
from pixee_common.domain.faults import FaultKind, FaultScope, PlatformFault
from pixee_common.domain.reasons import ReasonCode
from pixee_workers.sync_base.credentials_gate import CredentialsGate

_FAULT = PlatformFault(
    FaultKind.CREDENTIALS, FaultScope.CONNECTOR, ReasonCode.CREDENTIALS_REFUSED, "The shop refused the key."
)


def test_calls_with_what_was_refused_are_told_so_without_leaving() -> None:
    gate = CredentialsGate(FakeClock())
    gate.check(1)
    gate.refused(_FAULT, 1)
    with pytest.raises(PlatformFault, match="refused the key") as caught:
        gate.check(1)
    assert (caught.value.kind, caught.value.reason) == (FaultKind.CREDENTIALS, ReasonCode.CREDENTIALS_REFUSED)


def test_newer_credentials_are_let_through_at_once() -> None:
    gate = CredentialsGate(FakeClock())
    gate.refused(_FAULT, 1)
    gate.check(2)


async def test_a_refusal_is_forgotten_after_seconds_since_the_connectors_row_says_it_by_then() -> None:
    clock = FakeClock()
    gate = CredentialsGate(clock)
    gate.refused(_FAULT, 1)
    await clock.advance(4.9)
    with pytest.raises(PlatformFault):
        gate.check(1)
    await clock.advance(0.2)
    gate.check(1)
