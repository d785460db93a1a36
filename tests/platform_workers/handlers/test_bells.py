"""Bells: what a batch becomes, and what happens to messages that are none."""

import asyncio
from types import SimpleNamespace

from pixee_common.events import RouteRung
from pixee_common.messaging.consuming import Received
from pixee_workers.handlers.assignment import Assignment
from pixee_workers.handlers.bells import Bells, group_of


class Heard:
    def __init__(self) -> None:
        self.rung: list[dict[str, tuple[str, int]]] = []
        self.aside: list[tuple[bytes, str]] = []

    async def ring(self, rung) -> None:
        self.rung.append(dict(rung))

    async def set_aside(self, messages, reason: str, text: str) -> None:
        self.aside += [(message.value, reason) for message in messages]


def _message(value: bytes, partition: int = 0) -> Received:
    return Received("pixee.sync.woocommerce.v1", partition, 1, b"k", value, {})


def _bell(route: str, platform: str = "woocommerce", partition: int = 0) -> Received:
    return _message(RouteRung(route_key=route, platform=platform).body(), partition)


async def test_a_batch_of_bells_becomes_one_claim_of_its_routes() -> None:
    heard = Heard()
    await Bells("woocommerce", heard.ring, heard.set_aside)([_bell("a"), _bell("b", partition=3), _bell("a")])
    topic = "pixee.sync.woocommerce.v1"
    assert heard.rung == [{"a": (topic, 0), "b": (topic, 3)}]


async def test_what_cannot_be_read_is_set_aside_and_the_rest_still_rings() -> None:
    heard = Heard()
    await Bells("woocommerce", heard.ring, heard.set_aside)([_message(b"4"), _message(b"{"), _bell("a")])
    assert heard.aside == [(b"4", "unreadable"), (b"{", "unreadable")]
    assert [list(rung) for rung in heard.rung] == [["a"]]


async def test_a_bell_of_another_platform_is_set_aside() -> None:
    heard = Heard()
    await Bells("woocommerce", heard.ring, heard.set_aside)([_bell("a", platform="shopify")])
    assert heard.rung == []
    assert len(heard.aside) == 1


async def test_nothing_happens_when_partitions_are_revoked_and_lanes_hear_of_the_new_assignment() -> None:
    heard: list[tuple[str, list[int]]] = []
    assignment = Assignment(lambda topic, partitions: heard.append((topic, sorted(partitions))))
    listener = assignment.listener("bells")
    both = [SimpleNamespace(topic="bells", partition=number) for number in (0, 1)]
    await listener.on_partitions_assigned(both)
    await listener.on_partitions_revoked(both)
    assert ("bells", 1) in assignment
    await listener.on_partitions_assigned(both[:1])
    assert ("bells", 0) in assignment
    assert ("bells", 1) not in assignment
    assert ("other", 0) not in assignment
    assert heard == [("bells", [0, 1]), ("bells", [0])]


async def test_the_listener_never_waits() -> None:
    assignment = Assignment(lambda _topic, _partitions: None)
    await asyncio.wait_for(assignment.listener("bells").on_partitions_assigned(set()), 0.1)


def test_each_platform_has_a_group_of_its_own() -> None:
    assert group_of("sap_commerce") == "pixee.workers.sap_commerce"
