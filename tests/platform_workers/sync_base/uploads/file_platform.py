"""A platform that takes files, and its adapter: in memory, scripted. Writing is an upsert by key; verdicts come when a test says so."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from platform_workers.sync_base.courier_side.fake_platform import BUDGET, FakeAdapter, fault

from pixee_common.domain.job import Operation, OutcomeKind
from pixee_common.domain.reasons import ReasonCode
from pixee_common.platforms.manifest import (
    Capability,
    CostBudget,
    CredentialField,
    HostSpec,
    Manifest,
    Mode,
    SettingField,
    Upload,
)
from pixee_workers.sync_base.calls import HttpRequest
from pixee_workers.sync_base.items import Listing, ProductItem
from pixee_workers.sync_base.outcomes import Linked
from pixee_workers.sync_base.upload_contract import Collected, Frame, Uploaded, Verdict

SLUG = "fake"
PUSHES = (Operation.PUSH_PRODUCTS, Operation.PUSH_STOCK, Operation.PUSH_PRICES)


def manifest(*, capability: dict[str, Any] | None = None, **upload: Any) -> Manifest:
    given = {"max_items": 10_000, "max_bytes": 10_000_000, "result_deadline_seconds": 7200.0, **upload}
    pushing = Capability(mode=Mode.UPLOAD, max_items=50, upload=Upload(**given), **(capability or {}))
    return Manifest(
        slug=SLUG,
        title="Files",
        version="1",
        api_version="1",
        credentials=(CredentialField(name="token", label="Token"),),
        credential_sets=(("token",),),
        settings=(SettingField(name="shop", label="Shop"),),
        host=HostSpec(address_setting="shop", pattern=r"[a-z0-9-]+\.fake\.test"),
        capabilities=dict.fromkeys(PUSHES, pushing),
        budgets=(CostBudget(name=BUDGET, maximum=1000, restore=100),),
    )


@dataclass
class TakenFile:
    """A file as the platform took it: (ref, key, value) of each record."""

    id: str
    records: list[tuple[int, str, Any]]
    size: int
    collected: int = 0


@dataclass
class FilePlatform:
    """The other side. `judge` gives the verdict on a record (null: it is missing in the result); `ready` says whether there is one."""

    files: dict[str, TakenFile] = field(default_factory=dict)
    products: dict[str, Any] = field(default_factory=dict)
    written: list[tuple[str, Any]] = field(default_factory=list)
    ready: bool = True
    judge: Callable[[int, str], Verdict | None] = lambda ref, key: None
    strangers: tuple[int, ...] = ()
    faults: deque[Any] = field(default_factory=deque)
    """Raised by the next uploads; null: none. A callable is called with the file's records and may raise."""
    poll_faults: deque[Any] = field(default_factory=deque)
    attempts: list[int] = field(default_factory=list)
    """Records of each upload that was tried."""

    def take(self, content: bytes) -> TakenFile:
        lines = json.loads(content)["records"]
        self.attempts.append(len(lines))
        step = self.faults.popleft() if self.faults else None
        if callable(step):
            step(lines)
        elif step is not None:
            raise step
        return self.keep(lines, len(content))

    def keep(self, lines: list[Any], size: int = 0) -> TakenFile:
        file = TakenFile(f"f-{len(self.files) + 1}", [tuple(line) for line in lines], size)
        self.files[file.id] = file
        for _, key, value in file.records:
            self.products[key] = value
            self.written.append((key, value))
        return file


class FileAdapter(FakeAdapter):
    """`upload_contract.Uploader` over the platform in memory; calls (`submit`, `poll`, `find`) are the scripted shop's."""

    def __init__(self, platform: FilePlatform, declared: Manifest | None = None) -> None:
        super().__init__(declared or manifest())
        self.platform = platform
        self.collects = 0
        self.follow_up = None
        self.unmentioned: Verdict | None = None
        self.spends: dict[str, float] = {}
        """Budgets of the call that hands a file over; empty: none is made."""
        self.uploads = 0
        self.before: Callable[[str], Any] = lambda step: None
        """Awaited with `upload`, `taken`, `collect`, `collected`: where a test lets a worker die."""

    def frame(self, operation, settings):
        return Frame(b'{"records":[', b",", b"]}", "application/json")

    def record(self, operation, item, ref, settings):
        body = item.item
        key = body.product.key if isinstance(body, ProductItem) else f"{operation.value}:{body.sku}"
        return json.dumps([ref, key, item.values]).encode()

    async def _reach(self, step: str) -> None:
        waiting = self.before(step)
        if waiting is not None:
            await waiting

    async def upload(self, operation, file, context):
        self.uploads += 1
        await self._reach("upload")
        if self.spends:
            await context.call(HttpRequest("POST", "https://a.fake.test/feeds", "feeds", spend=self.spends))
        taken = self.platform.take(file.path.read_bytes())
        await self._reach("taken")
        return Uploaded("feed", taken.id, {"kept": True}, 30.0)

    async def collect(self, operation, uploaded, context):
        assert uploaded.correlation == {"kept": True}
        self.collects += 1
        await self._reach("collect")
        if self.platform.poll_faults:
            raise self.platform.poll_faults.popleft()
        if not self.platform.ready:
            return Collected(False, poll_in_seconds=60.0)
        file = self.platform.files[uploaded.remote_id]
        file.collected += 1
        verdicts = {}
        for ref, key, _ in file.records:
            verdict = self.platform.judge(ref, key) or applied(key)
            if verdict is not MISSING:
                verdicts[ref] = verdict
        verdicts.update(dict.fromkeys(self.platform.strangers, Verdict(OutcomeKind.APPLIED)))
        more = {} if self.unmentioned is None else {"unmentioned": self.unmentioned}
        await self._reach("collected")
        return Collected(True, verdicts=verdicts, follow_up=self.follow_up, **more)


MISSING = Verdict(OutcomeKind.UNKNOWN, ReasonCode.ANSWER_UNKNOWN, "it is not in the result")
"""As a judge's answer: the record is left out of the result."""


def applied(key: str) -> Verdict:
    if ":" in key:
        return Verdict(OutcomeKind.APPLIED)
    return Verdict(OutcomeKind.APPLIED, linked=Linked(Listing(f"p-{key}")), created=True)


def rejected(message: str = "no") -> Verdict:
    return Verdict(OutcomeKind.REJECTED, ReasonCode.INVALID_VALUE, message, "title")


__all__ = ["MISSING", "FileAdapter", "FilePlatform", "applied", "fault", "manifest", "rejected"]
