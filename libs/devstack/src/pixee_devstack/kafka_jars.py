"""Apache Kafka's jars: fetched once through `jgo` into a user cache, and never run unless they are the tested ones.

`jgo` resolves the tree of dependencies and checks what the registry says of each file; the list of checksums in this
package says which files the project was tested with, so a changed or added jar is refused whatever the registry says.
"""

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from pixee_devstack.errors import ChecksumError, DownloadError

KAFKA_VERSION = "4.4.0"
# The "!" takes log4j's managed versions for log4j alone; without it they reach all, and kafka-clients becomes 3.9.1.
COORDINATES = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.apache.logging.log4j:log4j-slf4j-impl:2.25.5!"

Progress = Callable[[str], None]
"""Told about the download in whole lines of text, without a line end."""


def to_stderr(line: str) -> None:
    """The progress that a person at a terminal sees."""
    print(line, file=sys.stderr, flush=True)


def default_cache_dir() -> Path:
    """`$XDG_CACHE_HOME/pixee`, else `~/.cache/pixee`."""
    named = os.environ.get("XDG_CACHE_HOME")
    return (Path(named) if named else Path.home() / ".cache") / "pixee"


def tested_checksums() -> dict[str, str]:
    """File name → SHA-256 (hex) of every jar that Kafka runs with, from `kafka-jars.sha256`."""
    text = files("pixee_devstack").joinpath("kafka-jars.sha256").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {name: digest for digest, name in rows}


def verify_jars(jars: list[Path], tested: dict[str, str], remedy: str) -> None:
    """Raise `ChecksumError` unless `jars` are exactly the `tested` files; the message ends with `remedy`."""
    found = {jar.name: jar for jar in jars}
    wrong = [f"{name} is missing" for name in tested if name not in found]
    wrong += [f"{name} is not on the list" for name in found if name not in tested]
    for name, jar in found.items():
        if name in tested:
            with jar.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != tested[name]:
                wrong.append(f"{name} has SHA-256 {digest}, tested was {tested[name]}")
    if wrong:
        raise ChecksumError(
            f"Kafka {KAFKA_VERSION} is not started, its files are not the tested ones: {'; '.join(sorted(wrong))}. {remedy}"
        )


def kafka_jars(cache_dir: Path | None = None, progress: Progress = to_stderr) -> Path:
    """The folder with the jars of Kafka, verified; fetched when it is not there yet (45 MB). Blocks.

    Raises `DownloadError` and `ChecksumError`.
    """
    cache = cache_dir or default_cache_dir()
    tested = tested_checksums()
    folder = cache / f"kafka-{KAFKA_VERSION}"
    if folder.exists():
        verify_jars(list(folder.glob("*.jar")), tested, f"Delete {folder} and start again to fetch them anew.")
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(cache / ".lock"):
        if not folder.exists():
            _fetch(cache, folder, tested, progress)
    return folder


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Hold `path` against other processes that fetch into the same cache."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(cache: Path, folder: Path, tested: dict[str, str], progress: Progress) -> None:
    progress(f"Fetching Apache Kafka {KAFKA_VERSION} ({len(tested)} files, 45 MB), once, into {cache}")
    try:
        jars = _resolve(cache, len(tested), progress)
    except (OSError, RuntimeError, ValueError) as error:  # requests' errors are OSErrors
        raise DownloadError(
            f"Apache Kafka {KAFKA_VERSION} could not be fetched: {error}. Check the network and the proxy settings and "
            f"start again (what arrived is kept in {cache}), or set KAFKA_BOOTSTRAP_SERVERS to a Kafka of your own."
        ) from error
    maven = cache / "maven"
    verify_jars(
        jars, tested, f"Delete {maven} and start again; if it says the same again, the registry serves other files."
    )
    draft = Path(tempfile.mkdtemp(dir=cache, prefix="draft-"))
    draft.chmod(0o755)
    for jar in jars:
        shutil.copyfile(jar, draft / jar.name)
    draft.rename(folder)
    for room in (maven, cache / "jgo"):  # the verified copies are all that is needed from now on
        shutil.rmtree(room, ignore_errors=True)
    progress(f"Apache Kafka {KAFKA_VERSION} is there")


def _resolve(cache: Path, expected: int, progress: Progress) -> list[Path]:
    """The jars as `jgo` lays them out; it sorts modular ones into a folder of their own, Kafka wants them all."""
    from jgo.env import EnvironmentBuilder, LinkStrategy  # noqa: PLC0415  (slow to import, needed once)
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415

    arrived: list[str] = []

    @contextmanager
    def downloading(name: str, size: int) -> Iterator[Callable[[int], None]]:
        yield lambda _more: None
        if name.endswith(".jar"):
            arrived.append(name)
            progress(f"  [{len(arrived):>2}/{expected}] {name} ({size / 1e6:.1f} MB)")

    resolver = PythonResolver(progress_callback=downloading)
    context = MavenContext(resolver=resolver, repo_cache=cache / "maven", timeout=60)
    builder = EnvironmentBuilder(context, cache_dir=cache / "jgo", link_strategy=LinkStrategy.AUTO)
    environment = builder.from_endpoint(COORDINATES)
    return [jar for room in ("jars", "modules") for jar in sorted((environment.path / room).glob("*.jar"))]
