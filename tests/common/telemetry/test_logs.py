"""One line, one object; whom it is about; no secret, not even in a traceback; no flood."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from pixee_common.telemetry import configure_logging, log_context, register_secrets, setup_tracing, span
from pixee_common.telemetry.tracing import shutdown_tracing

CANARY = "canary-secret-value"


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def configured(log_format: str = "json", **options: object) -> io.StringIO:
    stream = io.StringIO()
    configure_logging("gateway", log_format=log_format, stream=stream, **options)  # type: ignore[arg-type]
    return stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.usefixtures("restored")
def test_a_line_tells_service_time_level_context_and_extra_fields() -> None:
    stream = configured()
    with log_context(account="a1", connector="c1"), log_context(job="j1", route="r1"):
        logging.getLogger("pixee.x").info("pushed %d", 3, extra={"took": 0.5, "access_token": CANARY})
    logging.getLogger("pixee.x").info("outside")
    inside, outside = lines(stream)
    assert inside["message"] == "pushed 3"
    assert (inside["service"], inside["level"], inside["logger"]) == ("gateway", "info", "pixee.x")
    assert str(inside["time"]).endswith("+00:00")
    assert [inside[name] for name in ("account", "connector", "job", "route")] == ["a1", "c1", "j1", "r1"]
    assert (inside["took"], inside["access_token"]) == (0.5, "***")
    assert "account" not in outside


@pytest.mark.usefixtures("restored")
async def test_the_context_of_one_task_does_not_leak_into_another() -> None:
    stream = configured()

    async def work(account: str) -> None:
        with log_context(account=account):
            await asyncio.sleep(0)
            logging.getLogger("pixee.x").info(account)

    await asyncio.gather(work("a"), work("b"))
    assert all(line["account"] == line["message"] for line in lines(stream))


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_secret_gets_out_by_message_arguments_or_traceback(log_format: str) -> None:
    register_secrets([CANARY])
    stream = configured(log_format)
    logger = logging.getLogger("pixee.x")
    logger.info("token %s", CANARY)
    logger.info({"password": "hidden-in-a-dict"})
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise ValueError(f"Authorization: Bearer other-{CANARY}") from error
    except ValueError:
        logger.exception("failed with %r", {"k": CANARY})
    assert CANARY not in stream.getvalue()
    assert "hidden-in-a-dict" not in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert "KeyError" in stream.getvalue()


@pytest.mark.usefixtures("restored")
async def test_a_line_inside_a_span_tells_the_trace() -> None:
    stream = configured()
    parent = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    setup_tracing("gateway")
    with span("work", parent=parent):
        logging.getLogger("pixee.x").info("x")
    await shutdown_tracing()
    assert lines(stream)[0]["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.usefixtures("restored")
def test_a_noisy_library_is_held_to_a_few_lines_a_minute_and_says_what_it_left_out() -> None:
    now = 0.0
    stream = configured(monotonic=lambda: now)
    noisy, ours = logging.getLogger("aiokafka.client"), logging.getLogger("pixee.x")
    for number in range(20):
        noisy.error("no broker %d", number)
        ours.error("no broker %d", number)
    assert sum(line["logger"] == "aiokafka.client" for line in lines(stream)) == 5
    assert sum(line["logger"] == "pixee.x" for line in lines(stream)) == 20
    now = 61.0
    noisy.error("no broker %d", 20)
    assert lines(stream)[-1]["left_out"] == 15


@pytest.mark.usefixtures("restored")
def test_the_text_format_is_one_line_for_people() -> None:
    stream = configured("text", level="warning")
    logging.getLogger("pixee.x").info("not shown")
    with log_context(job="j1"):
        logging.getLogger("pixee.x").warning("shown", extra={"n": 1})
    (line,) = stream.getvalue().splitlines()
    assert line.endswith("WARNING gateway pixee.x shown job=j1 n=1")


@pytest.mark.usefixtures("restored")
def test_a_line_with_wrong_arguments_is_written_and_leaks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    register_secrets([CANARY])
    stream = configured()
    logging.getLogger("pixee.x").error("%d of %s", CANARY)  # noqa: PLE1206
    (line,) = lines(stream)
    assert "do not fit" in str(line["message"])
    assert CANARY not in stream.getvalue()
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("restored")
def test_what_json_cannot_hold_is_written_as_text() -> None:
    stream = configured()
    logging.getLogger("pixee.x").info(
        "x", extra={"odd": {1: {object}, "b": b"\xff"}, "nan": float("nan"), "big": 2**70}
    )
    (line,) = lines(stream)
    assert (line["big"], line["nan"]) == (str(2**70), None)
    assert line["odd"] == {"1": ["<class 'object'>"], "b": "b'\\xff'"}


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_lone_surrogate_from_a_shop_costs_neither_the_line_nor_the_secrets_in_it(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    configure_logging("gateway", log_format=log_format, stream=stream)  # type: ignore[arg-type]
    register_secrets([CANARY])
    logging.getLogger("pixee.x").warning("the shop said %s", f"\ud800 {CANARY}", extra={"sku": "\udfff"})
    stream.flush()
    line = stream.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "the shop said \\ud800 ***" in line
    assert CANARY not in line + capsys.readouterr().err


@pytest.mark.usefixtures("restored")
def test_a_line_that_cannot_be_written_is_told_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError(CANARY)

    stream = configured()
    logging.getLogger("pixee.x").warning("the shop said %s", CANARY, extra={"what": Broken()})
    told = capsys.readouterr().err
    assert "a line of pixee.x could not be logged: ValueError" in told
    assert CANARY not in told + stream.getvalue()
