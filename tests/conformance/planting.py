"""How a bug is put into an adapter: everything but the planted method stays the real thing."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from pixee_common.domain.faults import PlatformFault
from pixee_common.domain.job import Operation
from pixee_workers.sync_base.adapter import Adapter
from pixee_workers.sync_base.calls import CallContext, HttpRequest
from pixee_workers.sync_base.outcomes import Submission
from pixee_workers.sync_base.upload_contract import Collected

Plant = Callable[[Adapter], Adapter]


class Planted:
    """The real adapter but for the methods that are given."""

    def __init__(self, real: Adapter, **methods: Any) -> None:
        self._real = real
        for name, method in methods.items():
            setattr(self, name, method)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Once:
    """A context that tries each request once, as if none were safe."""

    def __init__(self, real: CallContext) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def call(self, request: Any) -> Any:
        return await self._real.call(replace(request, safe=False))


class _Tampering:
    """A context that changes requests on their way."""

    def __init__(self, real: CallContext, change: Callable[[HttpRequest], HttpRequest]) -> None:
        self._real = real
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def call(self, request: HttpRequest) -> Any:
        return await self._real.call(self._change(request))


def both(*plants: Plant) -> Plant:
    """Several bugs in one adapter."""

    def plant(real: Adapter) -> Adapter:
        for one in plants:
            real = one(real)
        return real

    return plant


def submitting(after: Callable[[Operation, Any, Submission], Submission | Awaitable[Submission]]) -> Plant:
    """What `submit` answers is changed; `after` gets operation, items and the real answer."""

    def plant(real: Adapter) -> Adapter:
        async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
            answer = after(operation, items, await real.submit(operation, items, context))
            return answer if isinstance(answer, Submission) else await answer

        return Planted(real, submit=submit)

    return plant


def requesting(change: Callable[[HttpRequest], HttpRequest], *operations: Operation) -> Plant:
    """Requests of these operations (none named: of all) are changed on their way."""

    def plant(real: Adapter) -> Adapter:
        async def submit(operation: Operation, items: Any, context: CallContext) -> Submission:
            concerned = not operations or operation in operations
            return await real.submit(operation, items, _Tampering(context, change) if concerned else context)

        return Planted(real, submit=submit)

    return plant


def classifying(change: Callable[[PlatformFault], PlatformFault | None]) -> Plant:
    """Faults are changed."""

    def plant(real: Adapter) -> Adapter:
        def classify(answer: Any) -> PlatformFault | None:
            fault = real.classify(answer)
            return None if fault is None else change(fault)

        return Planted(real, classify=classify)

    return plant


def mapping(change: Callable[[Operation, Any, Any], Any]) -> Plant:
    """Mapped values are changed; `change` gets operation, item and the real values."""

    def plant(real: Adapter) -> Adapter:
        def mapped(operation: Operation, item: Any, settings: Any) -> Any:
            return change(operation, item, real.mapped(operation, item, settings))

        return Planted(real, mapped=mapped)

    return plant


def finding(change: Callable[[Any], Any]) -> Plant:
    """What `find` says of each item is changed."""

    def plant(real: Adapter) -> Adapter:
        async def find(operation: Operation, items: Any, context: CallContext) -> dict[Any, Any]:
            found = await real.find(operation, items, context)
            return {key: change(one) for key, one in found.items()}

        return Planted(real, find=find)

    return plant


def rewriting(change: Callable[[dict[str, Any]], None]) -> Callable[[HttpRequest], HttpRequest]:
    """Changes JSON bodies in place."""

    def changed(request: HttpRequest) -> HttpRequest:
        if not request.content or request.content[:1] != b"{":
            return request
        body = json.loads(request.content)
        change(body)
        return replace(request, content=json.dumps(body).encode())

    return changed


def collecting(change: Callable[[Collected], Collected]) -> Plant:
    """What is known of a file is changed, once the platform has its result."""

    def plant(real: Adapter) -> Adapter:
        uploader: Any = real

        async def collect(operation: Operation, uploaded: Any, context: CallContext) -> Collected:
            found: Collected = await uploader.collect(operation, uploaded, context)
            return change(found) if found.done else found

        return Planted(real, collect=collect)

    return plant
