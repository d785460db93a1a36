"""Files in both directions through the real client: hosts, headers, budgets, faults, and nothing left on disk."""

import os
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from common.egress.raw_server import RawServer, answers, raw_server
from platform_workers.sync_base.courier_side.fake_platform import BUDGET
from platform_workers.sync_base.courier_side.shop_rows import LivingLife
from platform_workers.sync_base.courier_side.test_context import CONNECTOR
from platform_workers.sync_base.uploads.file_platform import FileAdapter, FilePlatform, manifest

from pixee_common.clock import FakeClock
from pixee_common.crypto import Credentials
from pixee_common.domain.faults import FaultKind, PlatformFault
from pixee_common.egress import EgressPolicy, EgressRoute, GuardedClient
from pixee_workers.sync_base.breaker import Breaker, PlatformBreaker
from pixee_workers.sync_base.budgets import BudgetSet
from pixee_workers.sync_base.calls import HttpRequest
from pixee_workers.sync_base.context import Wiring
from pixee_workers.sync_base.file_context import FileCourierContext
from pixee_workers.sync_base.tokens import TokenStore
from pixee_workers.sync_base.upload_contract import UploadFile
from pixee_workers.sync_base.worker_files import prefix, sweep


class Stand:
    """A context over the real client; every host is led to the raw server."""

    def __init__(self, client: GuardedClient, policy: EgressPolicy, folder: Path) -> None:
        clock = FakeClock()
        declared = manifest()
        host = declared.host.model_copy(update={"file_hosts": ("files.test",)})
        adapter = FileAdapter(FilePlatform(), declared.model_copy(update={"host": host}))
        self.budgets = BudgetSet(declared.budgets, clock)
        wiring = Wiring(client, policy, clock, TokenStore(clock), uuid4, "7", lambda: 0.0, folder)
        self.context = FileCourierContext(
            wiring,
            adapter=adapter,
            connector=replace(CONNECTOR, route_key="r"),
            credentials=Credentials({}),
            route_key="r",
            budgets=self.budgets,
            breaker=Breaker(clock),
            platform_breaker=PlatformBreaker("fake", clock),
            memory={},
            life=LivingLife(),
            fast=False,
            submission_key=uuid4(),
        )


@pytest.fixture
async def stand(tmp_path):
    async with AsyncExitStack() as stack:

        async def make(behaviour) -> tuple[Stand, RawServer]:
            server = await stack.enter_async_context(raw_server(behaviour))
            base = f"http://127.0.0.1:{server.port}"
            policy = EgressPolicy(routes=(EgressRoute("*.test", base),))
            client = await stack.enter_async_context(GuardedClient(policy))
            return Stand(client, policy, tmp_path), server

        yield make


def _file(folder: Path, content: bytes) -> UploadFile:
    path = folder / "feed.json"
    path.write_bytes(content)
    return UploadFile(path, len(content), 1, uuid4(), "application/json")


@pytest.mark.parametrize("host", ["a.fake.test", "bucket.files.test"])
async def test_a_file_goes_to_the_platforms_host_or_a_presigned_one(stand, tmp_path, host) -> None:
    s, server = await stand(answers(b"{}"))
    content = os.urandom(200_000)
    request = HttpRequest("PUT", f"https://{host}/feed?sig=1", "put feed", spend={BUDGET: 10})
    answer = await s.context.send_file(request, _file(tmp_path, content))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert (answer.status, body) == (200, content)
    assert b"content-type: application/json" in head.lower()
    assert b"authorization" not in head.lower()


async def test_a_file_goes_nowhere_else(stand, tmp_path) -> None:
    s, server = await stand(answers(b"{}"))
    with pytest.raises(PlatformFault) as caught:
        await s.context.send_file(HttpRequest("PUT", "https://evil.test/feed", "put"), _file(tmp_path, b"x"))
    assert caught.value.kind is FaultKind.REFUSED
    assert not server.requests


async def test_a_download_is_on_disk_while_it_is_read_and_gone_after(stand, tmp_path) -> None:
    content = os.urandom(200_000)
    s, server = await stand(answers(content, headers="X-Rows: 7\r\n"))
    async with s.context.download("https://bucket.files.test/r?sig=1", label="report", spend={BUDGET: 1}) as found:
        assert (found.path.read_bytes(), found.size, found.headers["x-rows"]) == (content, 200_000, "7")
    assert list(tmp_path.iterdir()) == []
    assert b"authorization" not in server.requests[0].lower()


async def test_of_a_long_file_a_part_is_read(stand) -> None:
    part = answers(b"cde", status="206 Partial Content", headers="Content-Range: bytes 2-4/9\r\n")
    s, server = await stand(part)
    url = "https://bucket.files.test/r"
    async with s.context.download(url, label="report", spend={}, span=range(2, 5)) as found:
        assert (found.path.read_bytes(), found.headers["content-range"]) == (b"cde", "bytes 2-4/9")
    assert b"range: bytes=2-4\r\n" in server.requests[0].lower()


async def test_a_download_from_the_shop_itself_or_of_nothing_is_a_fault_and_leaves_nothing(stand, tmp_path) -> None:
    s, _ = await stand(answers(b"gone", status="404 Not Found"))
    for url, kind in (
        ("https://a.fake.test/r", FaultKind.REFUSED),
        ("https://bucket.files.test/r", FaultKind.UNAVAILABLE),
    ):
        with pytest.raises(PlatformFault) as caught:
            async with s.context.download(url, label="report", spend={}):
                pass
        assert caught.value.kind is kind
    assert list(tmp_path.iterdir()) == []


def test_what_a_crash_left_is_removed_at_the_next_start_and_nothing_of_anybody_else(tmp_path) -> None:
    dead = next(number for number in range(2**22 - 1, 0, -1) if not Path(f"/proc/{number}").exists())
    for name in (f"{prefix()}a", f"pixee-file-{dead}-b", f"pixee-file-{os.getppid()}-c", "other"):
        (tmp_path / name).write_text("x")
    assert sweep(tmp_path) == 2
    assert {path.name for path in tmp_path.iterdir()} == {f"pixee-file-{os.getppid()}-c", "other"}
    assert sweep(tmp_path / "none") == 0
