"""The gateway as its client sees it: the public API over httpx, with its refusals as errors that say what to do."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from pixee_cli.exits import CliError, GatewayRefused, NotReachable
from pixee_cli.place import Place

Json = dict[str, Any]

OPERATIONS = ("push-products", "push-stock", "push-prices", "pull-products")


class Gateway:
    """An async context manager. Paths are those of the public API; every answer is its JSON."""

    def __init__(self, url: str, api_key: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = url
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}", "User-Agent": "pixee-cli"},
            timeout=httpx.Timeout(30.0, connect=5.0),
            trust_env=False,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def connectors(self) -> list[Json]:
        """All connectors of the account."""
        found: list[Json] = []
        page = 1
        while True:
            answer = await self._call("GET", "/api/v1/connectors/", params={"page": page, "per_page": 200})
            found += answer["items"]
            if not answer["meta"]["has_next"]:
                return found
            page += 1

    async def add_connector(self, body: Mapping[str, Any]) -> Json:
        return await self._call("POST", "/api/v1/connectors/", json=body)

    async def change_connector(self, connector_id: str, body: Mapping[str, Any]) -> Json:
        return await self._call("PATCH", f"/api/v1/connectors/{connector_id}", json=body)

    async def connector(self, connector_id: str) -> Json:
        return await self._call("GET", f"/api/v1/connectors/{connector_id}")

    async def test_connector(self, connector_id: str) -> Json:
        """Waits for a worker, at most 20 s at the gateway."""
        return await self._call("POST", f"/api/v1/connectors/{connector_id}/test")

    async def requirements(self, connector_id: str) -> Json:
        """What the shop demands and offers; waits for a worker where nothing is kept."""
        return await self._call("GET", f"/api/v1/connectors/{connector_id}/requirements")

    async def mapping(self, connector_id: str) -> Json:
        """With `version`, `suggestions` and `missing`."""
        return await self._call("GET", f"/api/v1/connectors/{connector_id}/mapping")

    async def put_mapping(self, connector_id: str, body: Mapping[str, Any]) -> Json:
        """Replaces the whole mapping of the version in `body`."""
        return await self._call("PUT", f"/api/v1/connectors/{connector_id}/mapping", json=body)

    async def sync(self, connector_id: str, operation: str, body: Mapping[str, Any] | None = None) -> Json:
        """`operation` as in the path: push-products, push-stock, push-prices, pull-products."""
        return await self._call("POST", f"/api/v1/connectors/{connector_id}/sync/{operation}", json=body)

    async def job(self, job_id: str) -> Json:
        return await self._call("GET", f"/api/v1/jobs/{job_id}")

    async def jobs(self, connector_id: str | None = None, limit: int = 20) -> list[Json]:
        """The newest first."""
        path = f"/api/v1/connectors/{connector_id}/jobs" if connector_id else "/api/v1/jobs"
        answer = await self._call("GET", path, params={"limit": limit})
        return list(answer["items"])

    async def cancel(self, job_id: str) -> Json:
        return await self._call("POST", f"/api/v1/jobs/{job_id}/cancel")

    async def retry(self, job_id: str) -> Json:
        """What failed of a job, as a new job: job_id, status, and how many items stay in quarantine."""
        return await self._call("POST", f"/api/v1/jobs/{job_id}/retry")

    async def quarantine(
        self, connector_id: str, operation: str | None = None, *, at_most: int | None = None
    ) -> AsyncIterator[Json]:
        """What is in quarantine at a connector, page by page."""
        params: dict[str, str | int] = {"limit": 500} | ({"operation": operation} if operation else {})
        given = 0
        while True:
            answer = await self._call("GET", f"/api/v1/connectors/{connector_id}/quarantine", params=params)
            for item in answer["items"]:
                if at_most is not None and given >= at_most:
                    return
                given += 1
                yield item
            if not answer["next_cursor"]:
                return
            params["cursor"] = answer["next_cursor"]

    async def release(self, connector_id: str, body: Mapping[str, Any]) -> Json:
        return await self._call("POST", f"/api/v1/connectors/{connector_id}/quarantine/release", json=body)

    async def items(
        self, job_id: str, state: str | None = None, *, limit: int = 200, at_most: int | None = None
    ) -> AsyncIterator[Json]:
        """The job's items in that state, page by page."""
        params: dict[str, str | int] = {"limit": limit} | ({"state": state} if state else {})
        given = 0
        while True:
            answer = await self._call("GET", f"/api/v1/jobs/{job_id}/items", params=params)
            for item in answer["items"]:
                if at_most is not None and given >= at_most:
                    return
                given += 1
                yield item
            if not answer["next_cursor"]:
                return
            params["cursor"] = answer["next_cursor"]

    async def events(self, job_id: str) -> AsyncIterator[str]:
        """The lines of the job's event stream. Ends when the gateway ends it, or goes away."""
        request = self._client.build_request(
            "GET",
            f"/api/v1/jobs/{job_id}/events",
            headers={"Accept": "text/event-stream"},
            timeout=httpx.Timeout(45.0, connect=5.0),
        )
        response = await self._client.send(request, stream=True)
        try:
            if response.status_code != httpx.codes.OK:
                await response.aread()
                raise _refusal(response)
            async for line in response.aiter_lines():
                yield line
        finally:
            await response.aclose()

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Json:
        try:
            response = await self._client.request(method, path, params=params, json=json)
        except httpx.TransportError as error:
            raise NotReachable(
                f"the gateway at {self.url} does not answer ({type(error).__name__}). Start a stack with `pixee up`, "
                "or set PIXEE_URL."
            ) from error
        if response.is_success:
            answer: Json = response.json() if response.content else {}
            return answer
        raise _refusal(response)


def open_gateway(place: Place) -> Gateway:
    """Raises NotReachable or UsageError when there is no gateway or no key."""
    return Gateway(place.gateway_url(), place.api_key())


def _refusal(response: httpx.Response) -> CliError:
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    code = str(problem.get("code") or f"http_{response.status_code}")
    text = str(problem.get("detail") or problem.get("title") or response.reason_phrase)
    places = [f"{one.get('pointer', '')}: {one.get('detail', '')}" for one in _errors(problem)]
    message = "; ".join([f"{text} ({code}, HTTP {response.status_code})", *places])
    if response.is_client_error:
        return GatewayRefused(message, code, problem)
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return NotReachable(message)
    return CliError(message)


def _errors(problem: Json) -> Sequence[Json]:
    found = problem.get("errors")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


async def connector_named(gateway: Gateway, wanted: str) -> Json:
    """The connector of that id or name.

    Raises:
        GatewayRefused: none, or several of that name.
    """
    found = [one for one in await gateway.connectors() if wanted in {one["id"], one["name"]}]
    if not found:
        raise GatewayRefused(f"there is no connector '{wanted}'; see `pixee connectors list`", "not_found", {})
    if len(found) > 1:
        raise GatewayRefused(f"several connectors are named '{wanted}': give the id", "ambiguous", {})
    return found[0]
