"""Ports: servers that start at the same time never get the same one."""

import random
from pathlib import Path

import pytest

from pixee_devstack.ports import free_port, kept_ports


def test_a_port_that_was_given_and_is_not_listened_on_yet_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port()
    following = iter([first, first])
    real = random.randint
    monkeypatch.setattr(random, "randint", lambda low, high: next(following, None) or real(low, high))
    assert free_port() != first
    assert next(following, None) is None


def test_two_folders_get_different_ports_and_each_keeps_its_own(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    ports = kept_ports(one, ["a", "b"]), kept_ports(two, ["a", "b"])
    assert len({*ports[0].values(), *ports[1].values()}) == 4
    assert (kept_ports(one, ["a", "b"]), kept_ports(two, ["a", "b"])) == ports
