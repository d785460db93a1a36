"""What happens on the wire decides the error; nothing is ever sent twice; no answer can hurt us."""

import asyncio
import gzip
import io
import json
import os
import struct
import time
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from common.egress.certificates import certificate_for
from common.egress.raw_server import Behaviour, RawServer, answers, raw_server

from pixee_common.egress import (
    AnswerLost,
    AnswerNotJson,
    AnswerTooLarge,
    AnswerTruncated,
    ConnectFailed,
    Deadline,
    DeadlineExceeded,
    EgressPolicy,
    EgressRefused,
    GuardedClient,
    HostRule,
    HttpAnswer,
    same_site_redirect,
)

SHOP = "shop.example.com"
LOOPBACK = EgressPolicy.parse(allow="127.0.0.0/8")


async def to_loopback(_: str) -> Sequence[str]:
    return ["127.0.0.1"]


@asynccontextmanager
async def opened(policy: EgressPolicy = LOOPBACK, **options: object) -> AsyncIterator[GuardedClient]:
    async with GuardedClient(policy, **{"resolve": to_loopback, **options}) as client:  # type: ignore[arg-type]
        yield client


def plain(server: RawServer) -> HostRule:
    return HostRule(ports=frozenset({server.port}), schemes=frozenset({"http"}))


async def call(client: GuardedClient, server: RawServer, method: str = "GET", **options: object) -> HttpAnswer:
    arguments: dict[str, object] = {"rule": plain(server), "deadline": 5.0, **options}
    return await client.request(method, f"http://{SHOP}:{server.port}/x", **arguments)  # type: ignore[arg-type]


async def test_an_answer_comes_back_whole() -> None:
    async with raw_server(answers(b'{"a": [1]}', headers="X-Rate: 1\r\nX-Rate: 2\r\n")) as server, opened() as client:
        answer = await call(client, server, "POST", content=b"{}", headers={"X-Token": "t"})
    assert answer.status == 200
    assert answer.json() == {"a": [1]}
    assert answer.headers.get_list("x-rate") == ["1", "2"]
    assert answer.elapsed >= 0
    (request,) = server.requests
    assert request.startswith(b"POST /x HTTP/1.1\r\n")
    assert b"x-token: t\r\n" in request.lower()
    assert request.lower().count(b"user-agent:") == 1
    assert request.endswith(b"{}")
    assert '"a"' not in repr(answer)


async def test_a_large_body_is_sent_whole_with_its_length() -> None:
    content = os.urandom(3_000_000)
    async with raw_server(answers(b"")) as server, opened() as client:
        await call(client, server, "POST", content=content)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == content
    assert b"transfer-encoding" not in head.lower()
    assert b"content-disposition" not in head.lower()


async def test_a_file_is_streamed_from_disk_with_its_length_and_can_be_sent_again(tmp_path) -> None:
    content = os.urandom(300_000)
    path = tmp_path / "feed"
    path.write_bytes(content)
    async with raw_server(answers(b"")) as server, opened() as client:
        for _ in range(2):
            await call(client, server, "PUT", content=path, headers={"Content-Type": "application/json"})
    for request in server.requests:
        head, _, body = request.partition(b"\r\n\r\n")
        assert body == content
        assert b"transfer-encoding" not in head.lower()
        assert b"content-type: application/json" in head.lower()
        assert b"content-disposition" not in head.lower()


async def test_an_error_status_is_an_answer_too() -> None:
    async with raw_server(answers(b"no", "503 Service Unavailable")) as server, opened() as client:
        assert (await call(client, server)).status == 503


async def test_a_redirect_to_the_metadata_service_is_not_followed() -> None:
    target = "Location: http://169.254.169.254/latest/meta-data\r\n"
    async with raw_server(answers(b"", "302 Found", target)) as server, opened() as client:
        answer = await call(client, server)
    assert answer.status == 302
    assert same_site_redirect(f"http://{SHOP}/x", answer) is None
    assert len(server.requests) == 1


async def test_only_a_redirect_within_the_same_site_is_offered() -> None:
    async with raw_server(answers(b"", "301 Moved", "Location: /wp-json/x?y=1#z\r\n")) as server, opened() as client:
        answer = await call(client, server)
    assert same_site_redirect("https://a.example/x", answer) == "https://a.example/wp-json/x?y=1"
    for target in (
        "http://a.example/x",
        "https://b.example/",
        "https://u@a.example/",
        "https://a.example:8443/",
        "//[bad",
    ):
        answer.headers["location"] = target
        assert same_site_redirect("https://a.example/x", answer) is None
    assert same_site_redirect("https://a.example/", HttpAnswer(200, answer.headers, b"", 0.0)) is None


async def test_an_answer_that_comes_before_the_body_was_taken_is_read() -> None:
    async def refuse_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        await writer.drain()
        while await reader.read(65536):  # as a server with manners: not resetting what is still on its way
            pass
        writer.close()

    async with await asyncio.start_server(refuse_early, "127.0.0.1", 0) as server, opened() as client:
        port = server.sockets[0].getsockname()[1]
        rule = HostRule(ports=frozenset({port}), schemes=frozenset({"http"}))
        url = f"http://{SHOP}:{port}/"
        answer = await client.request("POST", url, rule=rule, deadline=5.0, content=bytes(8 * 1024 * 1024))
    assert (answer.status, answer.body) == (413, b"no")


async def test_cookies_of_one_call_are_not_sent_with_the_next() -> None:
    async with raw_server(answers(b"", headers="Set-Cookie: tenant=1; Path=/\r\n")) as server, opened() as client:
        await call(client, server)
        await call(client, server)
    assert not any(b"cookie" in request.lower() for request in server.requests)


async def test_a_name_that_changes_to_a_private_address_between_calls_is_refused() -> None:
    names = iter([["127.0.0.1"], ["10.0.0.1"]])

    async def rebinding(_: str) -> Sequence[str]:
        return next(names)

    async def closing(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with raw_server(closing) as server, opened(resolve=rebinding) as client:
        await call(client, server)
        with pytest.raises(EgressRefused) as caught:
            await call(client, server)
    assert caught.value.reason == "address_private"
    assert len(server.requests) == 1


async def test_a_name_is_resolved_once_a_connection_and_the_checked_address_is_used() -> None:
    asked: list[str] = []

    async def public_then_private(host: str) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    async with raw_server(answers(b"ok")) as server, opened(resolve=public_then_private) as client:
        assert (await call(client, server)).body == b"ok"
    assert asked == [SHOP]


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        (["8.8.8.8", "127.0.0.1"], "address_loopback"),
        (["::ffff:169.254.169.254"], "address_mapped"),
        (["64:ff9b::a00:1"], "address_nat64"),
        (["fe80::1%2"], "address_link_local"),
        (["not-an-address"], "address_malformed"),
    ],
)
async def test_one_bad_answer_of_the_resolver_refuses_the_name(addresses: list[str], reason: str) -> None:
    async def resolve(_: str) -> Sequence[str]:
        return addresses

    async with opened(EgressPolicy(), resolve=resolve) as client:
        with pytest.raises(EgressRefused) as caught:
            await client.request("GET", f"https://{SHOP}/", rule=HostRule(), deadline=2.0)
    assert caught.value.reason == reason


async def test_a_literal_address_is_refused_though_no_resolver_is_asked() -> None:
    async with opened(EgressPolicy()) as client:
        with pytest.raises(EgressRefused) as caught:
            await client.request("GET", "https://169.254.169.254/", rule=HostRule(), deadline=2.0)
    assert caught.value.reason == "address_metadata"


async def test_a_name_without_an_address_was_never_called() -> None:
    async def nothing(_: str) -> Sequence[str]:
        raise OSError("no such name")

    async with opened(resolve=nothing) as client:
        with pytest.raises(ConnectFailed) as caught:
            await client.request("POST", f"https://{SHOP}/", rule=HostRule(), deadline=2.0)
    assert not caught.value.possibly_processed


async def test_a_dns_server_that_never_answers_ends_the_attempt() -> None:
    async def silent(_: str) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    async with opened(resolve=silent, connect_timeout=0.05) as client:
        with pytest.raises(ConnectFailed):
            await client.request("POST", f"https://{SHOP}/", rule=HostRule(), deadline=5.0)


async def test_a_refused_connection_was_never_called() -> None:
    async with raw_server(answers(b"")) as server:
        pass
    async with opened() as client:
        with pytest.raises(ConnectFailed):
            await call(client, server, "POST", content=b"{}")


async def test_a_failed_tls_handshake_was_never_called() -> None:
    async with raw_server(answers(b"")) as server, opened(connect_timeout=0.1) as client:
        with pytest.raises(ConnectFailed):
            await call_tls(client, server)
    assert server.requests == []


async def test_an_untrusted_certificate_was_never_called() -> None:
    async with raw_server(answers(b""), tls=certificate_for(SHOP)[0]) as server, opened() as client:
        with pytest.raises(ConnectFailed):
            await call_tls(client, server)
    assert server.requests == []


async def test_the_certificate_must_be_for_the_name_though_the_address_is_pinned() -> None:
    for name, trusted in ((SHOP, True), ("other.example.com", False)):
        serving, calling = certificate_for(name)
        async with raw_server(answers(b"ok"), tls=serving) as server, opened(ssl_context=calling) as client:
            if trusted:
                assert (await call_tls(client, server)).body == b"ok"
            else:
                with pytest.raises(ConnectFailed):
                    await call_tls(client, server)


async def call_tls(client: GuardedClient, server: RawServer) -> HttpAnswer:
    rule = HostRule(ports=frozenset({server.port}))
    return await client.request("POST", f"https://{SHOP}:{server.port}/", rule=rule, deadline=5.0, content=b"{}")


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
    writer.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER 0: close sends RST
    writer.transport.abort()


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
    writer.close()


async def talk_nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
    writer.write(b"220 smtp ready\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("behaviour", [reset, hang_up, talk_nonsense])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
async def test_an_answer_lost_after_sending_is_ambiguous_and_the_request_went_once(
    behaviour: Behaviour, method: str
) -> None:
    async with raw_server(behaviour) as server, opened() as client:
        with pytest.raises(AnswerLost) as caught:
            await call(client, server, method, content=b"{}")
    assert caught.value.possibly_processed
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
@pytest.mark.parametrize("ending", [reset, hang_up])
async def test_a_request_on_a_reused_connection_that_dies_is_not_silently_sent_again(
    method: str, ending: Behaviour
) -> None:
    served = 0

    async def once_then_die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
        nonlocal served
        served += 1
        await (answers(b"ok") if served == 1 else ending)(reader, writer, request)

    async with raw_server(once_then_die) as server, opened() as client:
        await call(client, server)
        with pytest.raises(AnswerLost):
            await call(client, server, method, content=b"{}")
    assert [request[:4].strip() for request in server.requests] == [b"GET", method[:4].encode()]
    assert server.connections == 1, "the second request must have reused the connection, or this test proves nothing"


async def test_a_truncated_body_is_ambiguous_and_tells_the_status() -> None:
    async def truncate(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
        writer.close()

    async with raw_server(truncate) as server, opened() as client:
        with pytest.raises(AnswerTruncated) as caught:
            await call(client, server, "POST", content=b"{}")
    assert caught.value.status == 201
    assert caught.value.possibly_processed


async def test_a_chunked_body_without_its_end_is_truncated() -> None:
    async def truncate(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n")
        writer.close()

    async with raw_server(truncate) as server, opened() as client:
        with pytest.raises(AnswerTruncated):
            await call(client, server)


async def test_a_body_that_does_not_decompress_is_truncated() -> None:
    async with raw_server(answers(b"not gzip", headers="Content-Encoding: gzip\r\n")) as server, opened() as client:
        with pytest.raises(AnswerTruncated):
            await call(client, server)


async def test_a_compressed_answer_is_read() -> None:
    packed = gzip.compress(b'{"a": 1}')
    async with raw_server(answers(packed, headers="Content-Encoding: gzip\r\n")) as server, opened() as client:
        assert (await call(client, server)).json() == {"a": 1}


async def test_a_gzip_bomb_is_cut_at_the_cap_and_never_held_in_memory() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert len(bomb) < 100_000
    async with raw_server(answers(bomb, headers="Content-Encoding: gzip\r\n")) as server, opened() as client:
        tracemalloc.start()
        with pytest.raises(AnswerTooLarge) as caught:
            await call(client, server, max_bytes=1024 * 1024)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert caught.value.status == 200
    assert peak < 16 * 1024 * 1024


async def test_a_body_over_the_cap_is_refused_and_one_at_the_cap_is_read() -> None:
    async with raw_server(answers(b"x" * 1000)) as server, opened() as client:
        assert len((await call(client, server, max_bytes=1000)).body) == 1000
        with pytest.raises(AnswerTooLarge):
            await call(client, server, max_bytes=999)


@pytest.mark.parametrize("headers", ["X-A: b\r\n" * 5000, f"X-A: {'b' * 100_000}\r\n"])
async def test_a_flood_of_headers_is_refused(headers: str) -> None:
    async with raw_server(answers(b"", headers=headers)) as server, opened() as client:
        with pytest.raises(AnswerTooLarge):
            await call(client, server)


async def test_a_body_that_drips_ends_at_the_total_deadline() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter, __: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with raw_server(drip) as server, opened() as client:
        with pytest.raises(DeadlineExceeded) as caught:
            await call(client, server, "POST", deadline=0.1, content=b"{}")
    assert caught.value.possibly_processed
    assert caught.value.status == 200


async def never(_: asyncio.StreamReader, __: asyncio.StreamWriter, ___: bytes) -> None:
    await asyncio.sleep(60)


async def test_a_deadline_before_anything_was_sent_is_safe_to_repeat() -> None:
    async def slow(_: str) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    async with opened(resolve=slow) as client:
        with pytest.raises(DeadlineExceeded) as caught:
            await client.request("POST", f"https://{SHOP}/", rule=HostRule(), deadline=0.05)
    assert not caught.value.possibly_processed


async def test_a_heartbeat_moves_the_deadline_and_silence_ends_the_call() -> None:
    async with raw_server(never) as server, opened() as client:
        deadline = Deadline(60.0, alive_for=0.1)
        began = asyncio.get_running_loop().time()
        task = asyncio.create_task(call(client, server, deadline=deadline))
        for _ in range(4):
            await asyncio.sleep(0.05)
            deadline.keep_alive(0.1)
        assert not task.done()
        with pytest.raises(DeadlineExceeded):
            await task
    assert 0.25 < asyncio.get_running_loop().time() - began < 5


async def test_a_process_that_slept_beyond_its_heartbeat_sends_nothing_any_more() -> None:
    async def asleep(_: str) -> Sequence[str]:
        time.sleep(0.1)  # the whole process stands still, timers included
        return ["127.0.0.1"]

    async with raw_server(answers(b"ok")) as server, opened(resolve=asleep) as client:
        with pytest.raises(DeadlineExceeded) as caught:
            await call(client, server, "POST", deadline=Deadline(60.0, alive_for=0.05), content=b"{}")
    assert not caught.value.possibly_processed
    assert server.requests == []


async def test_a_deadline_that_is_over_sends_nothing_on_a_warm_connection_either() -> None:
    async with raw_server(answers(b"ok")) as server, opened() as client:
        await call(client, server)
        with pytest.raises(DeadlineExceeded) as caught:
            await call(client, server, "POST", deadline=-1.0, content=b"{}")
        await asyncio.sleep(0.02)
    assert not caught.value.possibly_processed
    assert len(server.requests) == 1


async def test_no_heartbeat_moves_a_call_beyond_its_total_limit() -> None:
    deadline = Deadline(1.0, alive_for=0.1)
    limit = asyncio.get_running_loop().time() + 1.0
    deadline.keep_alive(100.0)
    assert deadline.when <= limit + 0.1
    async with deadline:
        with pytest.raises(RuntimeError, match="one call"):
            await deadline.__aenter__()


async def test_a_caller_that_is_cancelled_is_cancelled() -> None:
    async with raw_server(never) as server, opened() as client:
        task = asyncio.create_task(call(client, server))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_routed_request_looks_as_behind_a_hop_that_terminates_tls() -> None:
    async with raw_server(answers(b"ok")) as server:
        policy = EgressPolicy.parse(routes=f"*.myshopify.com=http://127.0.0.1:{server.port}")
        async with opened(policy) as client:
            rule = HostRule(pattern=r".+\.myshopify\.com")
            headers = {"host": "evil.example", "X-A": "b"}
            await client.request(
                "GET", "https://demo.myshopify.com/a%2Fb?c=%20", rule=rule, deadline=5.0, headers=headers
            )
            with pytest.raises(EgressRefused):
                await client.request("GET", "https://evil.example/", rule=rule, deadline=5.0)
    (request,) = server.requests
    assert request.startswith(b"GET /a%2Fb?c=%20 HTTP/1.1\r\n")
    assert request.lower().count(b"host:") == 1
    assert b"host: demo.myshopify.com\r\n" in request.lower()
    assert b"x-forwarded-proto: https\r\n" in request.lower()


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:1")
    async with raw_server(answers(b"ok")) as server, opened() as client:
        assert (await call(client, server)).body == b"ok"


async def test_no_error_quotes_path_query_or_headers() -> None:
    async with raw_server(hang_up) as server, opened() as client:
        url = f"http://{SHOP}:{server.port}/secret-path?token=canary"
        with pytest.raises(AnswerLost) as caught:
            await client.request("GET", url, rule=plain(server), deadline=5.0, headers={"X-Token": "canary"})
    assert "canary" not in str(caught.value)
    assert "secret-path" not in str(caught.value)


async def test_a_client_that_is_not_open_says_so() -> None:
    with pytest.raises(RuntimeError, match="context manager"):
        await GuardedClient(LOOPBACK).request("GET", f"https://{SHOP}/", rule=HostRule(), deadline=1.0)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{", b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"NaN", b"\xff"]
)
async def test_what_is_not_json_is_told_with_status_and_size_not_content(body: bytes) -> None:
    async with raw_server(answers(body, headers="Content-Type: text/html\r\n")) as server, opened() as client:
        answer = await call(client, server)
    with pytest.raises(AnswerNotJson) as caught:
        answer.json()
    assert caught.value.status == 200
    assert "<html" not in str(caught.value)


async def test_ordinary_nesting_is_read() -> None:
    body = json.dumps({"a": [[[{"b": "[" * 2000}]]]}).encode()
    async with raw_server(answers(body)) as server, opened() as client:
        assert (await call(client, server)).json()["a"][0][0][0]["b"] == "[" * 2000


async def test_a_download_streams_into_the_file_and_tells_its_digest() -> None:
    body = os.urandom(300_000)
    async with raw_server(answers(body)) as server, opened() as client:
        file = io.BytesIO()
        done = await client.download(f"http://{SHOP}:{server.port}/f", file, rule=plain(server), deadline=5.0)
    assert file.getvalue() == body
    assert (done.status, done.size) == (200, len(body))
    assert len(done.sha256) == 64
    assert b"authorization" not in server.requests[0].lower()


async def test_a_part_of_a_file_can_be_asked_for() -> None:
    async with raw_server(answers(b"cde", status="206 Partial Content")) as server, opened() as client:
        file = io.BytesIO()
        url = f"http://{SHOP}:{server.port}/f"
        done = await client.download(url, file, rule=plain(server), deadline=5.0, span=range(2, 5))
    assert (done.status, file.getvalue()) == (206, b"cde")
    assert b"range: bytes=2-4\r\n" in server.requests[0].lower()


async def test_a_download_is_capped_and_an_error_page_is_not_taken_for_the_file() -> None:
    async with raw_server(answers(b"x" * 1000)) as server, opened() as client:
        with pytest.raises(AnswerTooLarge):
            await client.download(
                f"http://{SHOP}:{server.port}/f", io.BytesIO(), rule=plain(server), deadline=5.0, max_bytes=999
            )
    async with raw_server(answers(b"gone", "404 Not Found")) as server, opened() as client:
        file = io.BytesIO()
        done = await client.download(f"http://{SHOP}:{server.port}/f", file, rule=plain(server), deadline=5.0)
    assert (done.status, file.getvalue()) == (404, b"")


async def test_a_full_disk_is_not_blamed_on_the_platform() -> None:
    class FullDisk(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    async with raw_server(answers(b"x")) as server, opened() as client:
        with pytest.raises(OSError, match="No space"):
            await client.download(f"http://{SHOP}:{server.port}/f", FullDisk(), rule=plain(server), deadline=5.0)
