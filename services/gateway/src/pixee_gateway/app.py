"""The FastAPI application, composed from what it is handed."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from pixee_common.crypto import KeyRing
from pixee_common.db import Database
from pixee_common.egress import EgressPolicy
from pixee_common.platforms import Manifest
from pixee_gateway import problems
from pixee_gateway.api import jobs, platforms
from pixee_gateway.api.connectors import connectors_router, management_router
from pixee_gateway.api.responses import problem_components
from pixee_gateway.api.webhooks import webhooks_router
from pixee_gateway.notices import Notices
from pixee_gateway.problems import Problem
from pixee_gateway.security.authentication import Authenticator
from pixee_gateway.security.gate import Gate
from pixee_gateway.state import UseCases
from pixee_gateway.usecases.accept_webhook import AcceptWebhook
from pixee_gateway.usecases.job_items import JobItems
from pixee_gateway.usecases.jobs import Jobs
from pixee_gateway.usecases.manage_connectors import ManageConnectors
from pixee_gateway.usecases.mappings import Mappings
from pixee_gateway.usecases.platforms import Platforms
from pixee_gateway.usecases.probing import ANSWER_SECONDS, Answers
from pixee_gateway.usecases.quarantine import Quarantine
from pixee_gateway.usecases.read_connectors import ReadConnectors
from pixee_gateway.usecases.read_requirements import ReadRequirements
from pixee_gateway.usecases.retry_job import RetryJob
from pixee_gateway.usecases.start_sync import StartSync
from pixee_gateway.usecases.test_connector import TestConnector

VERSION = "1.0.0"


def create_app(
    database: Database,
    catalogue: Mapping[str, Manifest],
    keys: KeyRing,
    policy: EgressPolicy,
    *,
    authenticator: Authenticator,
    probe_answers: Notices,
    job_changes: Notices,
    probe_seconds: float = ANSWER_SECONDS,
    job_days: float = 7.0,
) -> FastAPI:
    """The application; `notify` of the two notices must be fed by the listener of their channels."""
    app = FastAPI(
        title="Pixee Connectors",
        version=VERSION,
        redirect_slashes=False,
        openapi_url="/api/v1/openapi.json",
        docs_url="/docs",
        redoc_url=None,
    )
    answers = Answers(database, probe_answers, seconds=probe_seconds)
    start_sync = StartSync(database, catalogue, job_days=job_days)
    app.state.use_cases = UseCases(
        read_connectors=ReadConnectors(database),
        manage_connectors=ManageConnectors(database, catalogue, keys, policy),
        test_connector=TestConnector(database, answers),
        start_sync=start_sync,
        retry_job=RetryJob(database, start_sync),
        quarantine=Quarantine(database),
        jobs=Jobs(database, job_changes),
        job_items=JobItems(database),
        platforms=Platforms(database, catalogue),
        read_requirements=ReadRequirements(database, answers),
        mappings=Mappings(database),
        accept_webhook=AcceptWebhook(database),
    )
    app.include_router(connectors_router("/api/v1/connectors"))
    app.include_router(management_router())
    for slug, manifest in catalogue.items():
        if manifest.router == "own":
            app.include_router(connectors_router(f"/api/v1/{slug}", only=slug))
        if manifest.webhook_secret is not None:
            app.include_router(webhooks_router(slug))
    app.include_router(jobs.router)
    app.include_router(platforms.router)
    app.add_exception_handler(Problem, problems.on_problem)
    app.add_exception_handler(HTTPException, problems.on_http_exception)
    app.add_exception_handler(RequestValidationError, problems.on_invalid)
    app.add_exception_handler(Exception, problems.on_crash)
    app.add_middleware(Gate, authenticator=authenticator)
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]
    return app


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the API key as the way in."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        document["components"]["schemas"] |= problem_components()
        document["components"].setdefault("securitySchemes", {})["apiKey"] = {
            "type": "http", "scheme": "bearer", "description": "An API key: pix_…",
        }  # fmt: skip
        document["security"] = [{"apiKey": []}]
        app.openapi_schema = document
    return app.openapi_schema
