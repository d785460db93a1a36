"""A data folder has one holder, private files, and ports that stay."""

import socket
import stat
import subprocess
import sys

import pytest

from pixee_devstack.errors import FolderInUseError, PortTakenError
from pixee_devstack.folders import FolderLock, kept_secret
from pixee_devstack.ports import free_port, is_free, kept_ports, require_free


def test_a_folder_in_use_is_refused_with_the_holder_and_what_to_do(tmp_path):
    code = (
        "import sys, pathlib; from pixee_devstack.folders import FolderLock; "
        "FolderLock(pathlib.Path(sys.argv[1])).acquire(); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUseError, match=f"in use by process {holder.pid}.*kill {holder.pid}"):
            FolderLock(tmp_path).acquire()
        holder.kill()
    lock = FolderLock(tmp_path)
    lock.acquire()
    lock.release()


def test_a_released_folder_can_be_taken_again(tmp_path):
    first = FolderLock(tmp_path / "new")
    first.acquire()
    first.acquire()
    first.release()
    second = FolderLock(tmp_path / "new")
    second.acquire()
    second.release()


def test_a_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    secret = kept_secret(tmp_path / "password")
    assert kept_secret(tmp_path / "password") == secret
    assert kept_secret(tmp_path / "other") != secret
    assert stat.S_IMODE((tmp_path / "password").stat().st_mode) == 0o600


def test_ports_stay_while_they_are_free_and_move_when_taken(tmp_path):
    first = kept_ports(tmp_path / "ports.json", ["a", "b"])
    assert kept_ports(tmp_path / "ports.json", ["a", "b"]) == first
    with socket.create_server(("127.0.0.1", first["a"])):
        second = kept_ports(tmp_path / "ports.json", ["a", "b"])
    assert second["a"] != first["a"]
    assert second["b"] == first["b"]


def test_a_port_asked_for_by_number_that_is_taken_is_refused_with_what_to_do():
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
        with pytest.raises(PortTakenError, match=f"Port {port} for the gateway is taken. Stop the program"):
            require_free(port, "the gateway")
    assert require_free(port, "the gateway") == port
