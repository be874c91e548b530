"""The link: how often and when datagrams arrive, and the sockets around it."""

# puresnmp has no complete type information.
# pyright: reportUnknownMemberType=false

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from puresnmp import V2C, Client
from puresnmp.exc import Timeout
from x690.types import ObjectIdentifier

from activation.simulator import udp_proxy
from activation.simulator.udp_proxy import Link, LinkSettings, carry_between
from tests.activation.simulator.factories import Bench, registering
from tests.activation.simulator.test_agent import x690_values
from tests.activation.simulator.wire import serving

DESCR: Final = ObjectIdentifier("1.3.6.1.2.1.1.1.0")


@given(seed=st.integers(0, 2**32), loss=st.floats(0, 1), duplicate=st.floats(0, 1))
def test_the_same_seed_gives_the_same_link(seed: int, loss: float, duplicate: float) -> None:
    settings = LinkSettings(seed=seed, loss=loss, duplicate=duplicate, latency_ms=50)
    one, other = Link(settings), Link(settings)
    assert [one.carry() for _ in range(50)] == [other.carry() for _ in range(50)]


def test_loss_and_duplicates_happen_as_often_as_asked() -> None:
    link = Link(LinkSettings(loss=0.2, duplicate=0.1, seed=1, latency_ms=50))
    copies = Counter(len(link.carry()) for _ in range(10_000))
    assert 1_800 < copies[0] < 2_200
    assert 650 < copies[2] < 950
    assert link.carry() in {(), (0.025,), (0.025, 0.025)}


def test_only_as_many_replies_to_sets_are_lost_as_asked() -> None:
    link = Link(LinkSettings(drop_replies_after_set=2))
    asked = [False, True, False, True, True]
    assert [link.drops_reply(answers_set=each) for each in asked] == [
        *(False, True, False, True, False)
    ]


@pytest.fixture
async def agent() -> AsyncGenerator[tuple[Bench, int]]:
    bench = Bench()
    async with serving(bench.exchange) as port:
        yield bench, port


def client_of(port: int, *, timeout_s: float = 5) -> Client:
    client = Client("127.0.0.1", V2C("private"), port=port)
    client.configure(timeout=timeout_s, retries=1)  # pyright: ignore[reportArgumentType]  takes floats
    return client


async def test_requests_pass_and_take_the_latency(agent: tuple[Bench, int]) -> None:
    loop = asyncio.get_running_loop()
    settings = LinkSettings(latency_ms=60)
    async with carry_between(
        settings, listen=("127.0.0.1", 0), target=("127.0.0.1", agent[1])
    ) as port:
        began = loop.time()
        await client_of(port).get(DESCR)
        # A lower bound only: how much longer it takes is the machine's affair.
        assert loop.time() - began >= 0.055


async def test_more_clients_than_sockets_get_their_own_answers(agent: tuple[Bench, int]) -> None:
    bench, target = agent
    bench.set(registering())
    names = [ObjectIdentifier(f"1.3.6.1.2.1.1.{number}.0") for number in (1, 2, 3, 5)]
    async with carry_between(
        LinkSettings(),
        listen=("127.0.0.1", 0),
        target=("127.0.0.1", target),
        clients_max=8,
    ) as port:
        for _ in range(5):
            answers = await asyncio.gather(*(client_of(port).get(name) for name in names))
            assert [type(answer).__name__ for answer in answers] == [
                *("OctetString", "ObjectIdentifier", "TimeTicks", "OctetString")
            ]


async def test_a_lost_link_is_silence(agent: tuple[Bench, int]) -> None:
    async with carry_between(
        LinkSettings(loss=1), listen=("127.0.0.1", 0), target=("127.0.0.1", agent[1])
    ) as port:
        with pytest.raises(Timeout):
            await client_of(port, timeout_s=0.2).get(DESCR)
    assert agent[0].exchange.stats().get_requests == 0


async def test_a_lost_reply_hides_a_set_that_took_effect(agent: tuple[Bench, int]) -> None:
    bench, target = agent
    async with carry_between(
        LinkSettings(drop_replies_after_set=1),
        listen=("127.0.0.1", 0),
        target=("127.0.0.1", target),
    ) as port:
        with pytest.raises(Timeout):
            await client_of(port, timeout_s=0.3).multiset(x690_values(registering()))
        await client_of(port).get(DESCR)
    assert bench.exchange.stats().accepted_sets == 1


async def test_a_duplicated_set_reaches_the_agent_twice(agent: tuple[Bench, int]) -> None:
    bench, target = agent
    arrived = asyncio.Event()
    bench.exchange.on_change = arrived.set
    async with carry_between(
        LinkSettings(duplicate=1), listen=("127.0.0.1", 0), target=("127.0.0.1", target)
    ) as port:
        await client_of(port).multiset(x690_values(registering()))
        await asyncio.wait_for(arrived.wait(), 5)
        await client_of(port).get(DESCR)
    assert (bench.exchange.stats().accepted_sets, bench.exchange.stats().rejected_sets) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target-port", "70000"], "<= 65535"),
        (["--target-port", "0"], ">= 1 - at `$.target_port`, which holds 0"),
        (["--target-port", "161", "--loss", "nan"], "at `$.loss`, which holds nan"),
        (["--target-port", "161", "--loss", "2"], r"<= 1.0 - at `$.loss`"),
        (["--target-port", "161", "--latency-ms", "-1"], r">= 0.0 - at `$.latency_ms`"),
    ],
)
def test_a_link_that_cannot_be_is_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert udp_proxy.main(arguments) == 2
    assert message in capsys.readouterr().err
