"""Platforms found by folder, the setting that chooses among them, and the watch over the consumers."""

import pytest

from pixee_common.clock import FakeClock
from pixee_common.service import SettingsInvalid
from pixee_workers.main import _adapters
from pixee_workers.settings import WorkerSettings
from pixee_workers.sync_base.adapters_found import NoPlatformError, folders, found_adapters
from pixee_workers.watching import STUCK_SECONDS, ConsumerStuckError, Watch


def test_a_platform_is_a_folder() -> None:
    assert "woocommerce" in folders()
    adapters = found_adapters(lambda slug: slug == "woocommerce")
    assert adapters["woocommerce"].manifest.slug == "woocommerce"


def test_a_worker_serves_what_its_setting_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXEE_WORKER_PLATFORMS", "woocommerce, magento")
    settings = WorkerSettings.load()
    assert [settings.serves(slug) for slug in ("woocommerce", "magento", "shopify")] == [True, True, False]
    monkeypatch.delenv("PIXEE_WORKER_PLATFORMS")
    assert WorkerSettings.load().serves("shopify")


def test_a_worker_without_platform_says_so() -> None:
    with pytest.raises(NoPlatformError, match="no platform of"):
        found_adapters(lambda slug: False)


def test_a_platform_that_does_not_exist_is_an_unusable_setting() -> None:
    with pytest.raises(SettingsInvalid, match="no platform woocomerce"):
        _adapters(WorkerSettings(platforms="woocommerce,woocomerce"))


def test_a_folder_that_cannot_be_loaded_takes_no_other_down(
    tmp_path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    package = tmp_path / "some_platforms"
    for name, text in {
        "good": "from types import SimpleNamespace as N\nMANIFEST = N(slug='good')\ncreate = lambda: 'adapter'\n",
        "broken": "raise ValueError('a typo')\n",
        "misnamed": "from types import SimpleNamespace as N\nMANIFEST = N(slug='other')\ncreate = lambda: 'adapter'\n",
    }.items():
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").write_text(text)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert found_adapters(lambda slug: True, "some_platforms") == {"good": "adapter"}
    assert "platform broken cannot be loaded" in caplog.text


class FakeConsumer:
    def __init__(self) -> None:
        self.at, self.ahead = 5, 5

    def assignment(self):
        return {"p0"}

    async def position(self, _partition):
        return self.at

    def highwater(self, _partition):
        return self.ahead


async def _watched(watch: Watch, clock: FakeClock, consumer: FakeConsumer, seconds: float) -> None:
    await watch.look([consumer])
    await clock.advance(seconds)
    await watch.look([consumer])


async def test_a_consumer_that_reads_nothing_although_there_is_something_is_stuck() -> None:
    clock, consumer = FakeClock(), FakeConsumer()
    watch = Watch(clock)
    consumer.ahead = 9
    await _watched(watch, clock, consumer, STUCK_SECONDS - 1)
    await watch.check()
    await clock.advance(2)
    with pytest.raises(ConsumerStuckError):
        await watch.check()
    consumer.at = 9
    await watch.look([consumer])
    await watch.check()


async def test_a_consumer_with_nothing_to_read_or_with_a_batch_in_hand_is_not_stuck() -> None:
    clock, consumer = FakeClock(), FakeConsumer()
    watch = Watch(clock)
    await _watched(watch, clock, consumer, STUCK_SECONDS * 2)
    await watch.check()
    busy = Watch(clock, lambda: True)
    consumer.ahead = 9
    await _watched(busy, clock, consumer, STUCK_SECONDS * 2)
    await busy.check()
