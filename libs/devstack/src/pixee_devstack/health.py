"""Whether a process answers its health URL."""

import ssl
from collections.abc import Awaitable, Callable

import httpx


class HealthQuestion:
    """Asks one health URL; any answer but 200, and no answer, mean not yet."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(
            timeout=2.0, trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )  # an empty context: loading the system's certificates costs more than the question, which is plain http

    async def __aenter__(self) -> Callable[[], Awaitable[bool]]:
        return self._ask

    async def __aexit__(self, *_error: object) -> None:
        await self._client.aclose()

    async def _ask(self) -> bool:
        try:
            return (await self._client.get(self._url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False
