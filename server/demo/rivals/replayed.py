"""Rival: the same batch is sent ten times, as a network would that swallows answers."""

import asyncio
import gzip
from typing import Final

import httpx
import msgspec

from server.demo.air import Exchange
from server.demo.office import Sold
from server.demo.outcome import Effects, Replay, Rival, new_effects
from server.demo.stage import Stage
from server.demo.story import Played
from server.demo.watching import NotSeen
from sync_protocol import wire
from sync_protocol.messages import SyncRequest, SyncResponse

BATCHES: Final = 10
_WATCH_S: Final = 1.0
"""How long effects that the replay may have caused have to show themselves."""


async def play(stage: Stage, played: Played) -> tuple[Replay, Rival]:
    """Send the exact bytes of the story's push again, with the device's token."""
    voice = stage.voice("[1]")
    push = the_push(stage.air.exchanges)
    before = await _count(stage, played.sold)
    answers = [await _send(stage, push) for _ in range(BATCHES)]
    voice.say("tablet", f"the story's push again, {BATCHES} times, {len(push.body)} bytes each")
    await asyncio.sleep(_WATCH_S)
    after = await _count(stage, played.sold)
    first = verdicts_of(_plain(push))
    same = all(verdicts_of(answer) == first for answer in answers)
    replay = Replay(
        batches=BATCHES, new_effects=new_effects(before, after), identical_verdicts=same
    )
    return replay, _judge(replay, len(first))


def the_push(exchanges: list[Exchange]) -> Exchange:
    """Find the request that carried the job.

    Raises:
        NotSeen: none did.
    """
    pushes = [each for each in exchanges if each.path == "/sync/v1" and _operations(each)]
    if not pushes:
        raise NotSeen("a push of the story's tablet")
    return max(pushes, key=_operations)


def verdicts_of(answer: bytes) -> tuple[bytes, ...]:
    """Take the verdicts out of an answer, byte for byte."""
    response = msgspec.json.decode(answer, type=SyncResponse)
    return tuple(bytes(verdict) for verdict in response.verdicts)


def _judge(replay: Replay, operations: int) -> Rival:
    same = "byte for byte the first verdicts" if replay.identical_verdicts else "OTHER verdicts"
    return Rival(
        name="the same batch sent ten times",
        expected=f"0 new effects, {operations} verdicts byte for byte as the first time",
        happened=f"{replay.new_effects} new effects, {same}",
        ok=replay.new_effects == 0 and replay.identical_verdicts,
    )


async def _send(stage: Stage, push: Exchange) -> bytes:
    url = stage.main.office.url + push.path
    headers = [(name, value) for name, value in push.headers if name != "content-length"]
    async with httpx.AsyncClient(timeout=20) as http:
        answer = await http.post(url, content=push.body, headers=headers)
    return answer.raise_for_status().content


async def _count(stage: Stage, sold: Sold) -> Effects:
    place = stage.main
    stats = [await olt.stats() for olt in place.installation.olts.values()]
    return Effects(
        olt_sets=sum(each.set_requests for each in stats),
        invoice_lines=len((await place.office.fulfilment(sold.job_id)).charges),
        feed_events=await place.office.feed_length(),
        webhook_events=(await stage.receiver.seen()).distinct_events,
        mails=len(stage.post.mails()),
    )


def _operations(exchange: Exchange) -> int:
    headers = dict(exchange.headers)
    is_packed = headers.get("content-encoding") == "gzip"
    plain = wire.decompress(exchange.body) if is_packed else exchange.body
    return len(wire.decode(plain, SyncRequest).operations)


def _plain(exchange: Exchange) -> bytes:
    headers = dict(exchange.answer_headers)
    is_packed = headers.get("content-encoding") == "gzip"
    return gzip.decompress(exchange.answer) if is_packed else exchange.answer
