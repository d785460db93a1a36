"""A gateway that answers what a test planted, over real HTTP in a thread, and remembers what it was asked."""

import json
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    body: object
    authorization: str


@dataclass
class FakeGateway:
    """`answers[("GET", path)]` is a list of (status, document or SSE text); the last one stays."""

    url: str = ""
    answers: dict[tuple[str, str], list[tuple[int, object]]] = field(default_factory=lambda: defaultdict(list))
    asked: list[Asked] = field(default_factory=list)

    def on(self, method: str, path: str, *documents: object, status: int = 200) -> None:
        self.answers[method, path] += [(status, document) for document in documents]

    def bodies(self, method: str, path: str) -> list[object]:
        return [one.body for one in self.asked if (one.method, one.path) == (method, path)]

    def next_answer(self, method: str, path: str) -> tuple[int, object]:
        planted = self.answers.get((method, path))
        if not planted:
            return 404, {"status": 404, "code": "not_found", "detail": f"nothing planted at {method} {path}"}
        return planted.pop(0) if len(planted) > 1 else planted[0]


def _handler(gateway: FakeGateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            gateway.asked.append(
                Asked(
                    self.command,
                    parts.path,
                    dict(parse_qsl(parts.query)),
                    json.loads(raw) if raw else None,
                    self.headers.get("Authorization", ""),
                )
            )
            status, document = gateway.next_answer(self.command, parts.path)
            is_stream = isinstance(document, str)
            body = document.encode() if is_stream else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/event-stream" if is_stream else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  (the names that http.server looks for)

        def log_message(self, *_arguments: object) -> None:
            """Silent."""

    return Handler


@contextmanager
def serving():
    gateway = FakeGateway()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(gateway))
    server.daemon_threads = False
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def job(state: str = "running", *, version: int = 1, **counts: object) -> dict[str, object]:
    """A job as the gateway shows it."""
    numbers = {"succeeded": 0, "failed": 0, "skipped": 0, "cancelled": 0, "open": 0} | {
        name: value for name, value in counts.items() if isinstance(value, int)
    }
    return {
        "id": "job-1",
        "connector_id": "c-1",
        "platform": "shopify",
        "operation": "push_products",
        "state": state,
        "total": sum(numbers.values()),
        **numbers,
        "waiting_reason": None,
        "waiting_until": None,
        "warning": None,
        "error": None,
        "created_at": "2026-11-24T08:00:00Z",
        "started_at": None,
        "finished_at": None,
        "version": version,
        "retry_of": None,
    } | {name: value for name, value in counts.items() if not isinstance(value, int)}


def item(sku: str, **more: object) -> dict[str, object]:
    """A failed item."""
    return {
        "item_id": f"i-{sku}",
        "product_id": None,
        "sku": sku,
        "outcome": "rejected",
        "counts_as": "failed",
        "reason": "missing_field",
        "message": "The title is empty.",
        "field": "title",
        "owner": "merchant",
        "retryable": False,
        "advice": "Give it a title.",
        "warning": False,
    } | more


def events(*jobs: dict[str, object], keep_alive: bool = True) -> str:
    """The text of an event stream."""
    lines = [": keep-alive\n\n"] if keep_alive else []
    for place, one in enumerate(jobs):
        lines.append(f"event: {'change' if place else 'snapshot'}\nid: {one['version']}\ndata: {json.dumps(one)}\n\n")
    return "".join(lines)
