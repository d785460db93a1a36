"""One running system for all tests of this folder: two workers, so that every test also runs with a neighbour."""

from collections.abc import AsyncIterator

import pytest
from system.harness import Account, System, running_system
from system.otlp import OtlpReceiver


@pytest.fixture(scope="session")
async def otlp() -> AsyncIterator[OtlpReceiver]:
    """A receiver of traces over OTLP/HTTP."""
    receiver = OtlpReceiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture(scope="session")
async def system(tmp_path_factory: pytest.TempPathFactory, otlp: OtlpReceiver) -> AsyncIterator[System]:
    """The embedded stack with two worker processes."""
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url, "PIXEE_LOG_FORMAT": "text"}
    async with running_system(tmp_path_factory.mktemp("system"), workers=2, env=env) as running:
        yield running


@pytest.fixture
async def account(system: System) -> Account:
    """A new account."""
    return await system.account()


@pytest.fixture(autouse=True)
async def no_violation(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """After each test: no request left the published schemas."""
    yield
    if "system" in request.fixturenames:
        assert await request.getfixturevalue("system").violations() == []
