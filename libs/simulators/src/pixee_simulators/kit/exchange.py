"""The road of every platform request through the kit, as one middleware (order: see Simulator)."""

import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from pixee_simulators.kit import answers
from pixee_simulators.kit.call import CALL, Call
from pixee_simulators.kit.faults import FaultRule, Struck, Subject
from pixee_simulators.kit.request_log import Entry
from pixee_simulators.kit.shop import Shop
from pixee_simulators.kit.simulator import Simulator
from pixee_simulators.kit.violations import Violation

WORKER_HEADER = "X-Pixee-Worker"
_BEFORE = frozenset({"status", "expired_token", "throttle", "reset_before"})


def exchange(simulator: Simulator[Any]) -> Middleware:
    """The middleware. Control and health requests pass untouched."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(("/_control/", "/health/")):
            return await handler(request)
        body = await request.read()
        shop = simulator.shop_of(request, body)
        if shop is None:
            return simulator.unknown_shop(request)
        call = _open(simulator, shop, request, body)
        request[CALL] = call
        try:
            return await _answer(simulator, call, request, handler)
        finally:
            _close(call)

    return middleware


def _open(simulator: Simulator[Any], shop: Shop[Any], request: web.Request, body: bytes) -> Call[Any]:
    kind, operation = simulator.classify(shop, request, body)
    shop.counts.in_flight += 1
    entry = Entry(
        seq=next(simulator.sequence),
        simulator_time=simulator.clock.now(),
        started_ns=time.monotonic_ns(),
        worker=request.headers.get(WORKER_HEADER, ""),
        agent=request.headers.get("User-Agent", ""),
        method=request.method,
        path=request.path,
        operation=operation,
        kind=kind,
        in_flight=shop.counts.in_flight,
    )
    shop.log.open(entry)
    shop.counts.opened(entry)
    return Call(shop, entry, body)


def _close(call: Call[Any]) -> None:
    shop = call.shop
    call.entry.ended_ns = time.monotonic_ns()
    shop.counts.in_flight -= 1
    shop.counts.finished(call.entry)
    shop.log.finish(call.entry)
    shop.touch()


async def _answer(
    simulator: Simulator[Any], call: Call[Any], request: web.Request, handler: Handler
) -> web.StreamResponse:
    entry = call.entry
    if simulator.specs is not None:
        _record(simulator, call, simulator.validate(call.shop, request, call.body))
    struck = simulator.faults.strike(
        Subject(call.shop.host, request.method, request.path, entry.operation, entry.kind),
    )
    entry.fault = struck.rule.kind if struck.rule is not None else ("latency" if struck.latency_ms else None)
    await _wait(simulator, call, struck)
    if struck.rule is not None and struck.rule.kind in _BEFORE:
        return _instead(simulator, call, request, struck.rule)
    answer = await _handled(simulator, call, request, handler)
    entry.status = answer.status
    return await _damaged(simulator, call, request, answer, struck.rule)


async def _wait(simulator: Simulator[Any], call: Call[Any], struck: Struck) -> None:
    hang = struck.rule.seconds if struck.rule is not None and struck.rule.kind == "hang" else 0.0
    seconds = struck.latency_ms / 1000 + hang + float(call.shop.limits["latency_ms"]) / 1000
    if seconds > 0:
        await simulator.clock.sleep(seconds)


def _instead(simulator: Simulator[Any], call: Call[Any], request: web.Request, rule: FaultRule) -> web.StreamResponse:
    if rule.kind == "reset_before":
        call.entry.status = 0
        return answers.cut(request)
    makers: dict[str, Callable[[], web.Response]] = {
        "status": lambda: answers.failed(rule),
        "expired_token": lambda: simulator.expired_token(call.shop, request),
        "throttle": lambda: simulator.throttled(call.shop, request, rule),
    }
    answer = makers[rule.kind]()
    call.entry.status = answer.status
    return answer


async def _handled(
    simulator: Simulator[Any], call: Call[Any], request: web.Request, handler: Handler
) -> web.StreamResponse:
    """A crash of the simulator must fail a test, not look like a platform's 500: it is recorded as a violation."""
    try:
        return await handler(request)
    except web.HTTPException as answer:
        return web.Response(status=answer.status, text=answer.text, content_type=answer.content_type)
    except Exception as error:
        simulator.complain(traceback.format_exc())
        _record(simulator, call, [Violation("simulator_bug", "", f"{type(error).__name__}: {error}")])
        return web.json_response({"error": "the simulator itself failed"}, status=500)


async def _damaged(
    simulator: Simulator[Any],
    call: Call[Any],
    request: web.Request,
    answer: web.StreamResponse,
    rule: FaultRule | None,
) -> web.StreamResponse:
    if rule is None or not isinstance(answer, web.Response):
        return answer
    if rule.kind == "reset_after_commit":
        call.entry.status = 0
        return answers.cut(request)
    if rule.kind == "truncated_body":
        return await answers.truncated(request, answer)
    if rule.kind == "slow_body":
        sleep: Callable[[float], Awaitable[None]] = simulator.clock.sleep
        return await answers.dribbled(request, answer, rule.seconds, sleep)
    return answer


def _record(simulator: Simulator[Any], call: Call[Any], found: list[Violation]) -> None:
    entry = call.entry
    entry.violations += len(found)
    for violation in found:
        simulator.violations.record(
            violation,
            seq=entry.seq,
            host=call.shop.host,
            operation=entry.operation,
            method=entry.method,
            path=entry.path,
        )
