"""What the routes are handed: the use cases, composed once in `app.create_app`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from pixee_gateway.security.authentication import Caller
from pixee_gateway.usecases.accept_webhook import AcceptWebhook
from pixee_gateway.usecases.job_items import JobItems
from pixee_gateway.usecases.jobs import Jobs
from pixee_gateway.usecases.manage_connectors import ManageConnectors
from pixee_gateway.usecases.mappings import Mappings
from pixee_gateway.usecases.platforms import Platforms
from pixee_gateway.usecases.quarantine import Quarantine
from pixee_gateway.usecases.read_connectors import ReadConnectors
from pixee_gateway.usecases.read_requirements import ReadRequirements
from pixee_gateway.usecases.retry_job import RetryJob
from pixee_gateway.usecases.start_sync import StartSync
from pixee_gateway.usecases.test_connector import TestConnector


@dataclass(frozen=True, slots=True)
class UseCases:
    """One of each, for the life of the process."""

    read_connectors: ReadConnectors
    manage_connectors: ManageConnectors
    test_connector: TestConnector
    start_sync: StartSync
    retry_job: RetryJob
    quarantine: Quarantine
    jobs: Jobs
    job_items: JobItems
    platforms: Platforms
    read_requirements: ReadRequirements
    mappings: Mappings
    accept_webhook: AcceptWebhook


# Asynchronous although they wait for nothing: FastAPI sends plain functions through a thread, twice the cost of the whole call.
async def _use_cases(request: Request) -> UseCases:
    cases: UseCases = request.app.state.use_cases
    return cases


async def _caller(request: Request) -> Caller:
    caller: Caller = request.scope["pixee.caller"]
    return caller


Cases = Annotated[UseCases, Depends(_use_cases)]
CallerOf = Annotated[Caller, Depends(_caller)]
