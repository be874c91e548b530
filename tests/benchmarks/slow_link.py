"""``slow_link``: facts that are recorded while photos trickle over 64 kbit/s with 30 % loss.

Server and tablet are processes; between them is a relay that lets segments through at the link's
rate, one after the other in each direction, and loses some, which TCP then sends again after a
while. Real TCP would recover from some losses sooner, so the figures err on the slow side.
"""

import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx

from server.acts import utc_now
from server.demo import label
from server.demo.stage import Place
from server.demo.tablet import Tablet
from server.demo.visit import Fiber, visit
from server.demo.watching import until
from tests.benchmarks import spine
from tests.benchmarks.figures import Figure, percentile

RATE_BITS_PER_S: Final = 64_000
LOSS: Final = 0.3
FACTS_S_MOST: Final = 60
JOBS: Final = 10
PHOTOS: Final = 100
PHOTO_BYTES: Final = 150_000
SEGMENT_BYTES: Final = 1_400
HEADER_BYTES: Final = 52
"""Of IP and TCP, with timestamps."""
RETRANSMIT_S: Final = (0.2, 3.0)
"""TCP's first and longest wait for an acknowledgement; each time it doubles."""
PATIENCE_S: Final = 300.0


class Link:
    """A relay to one server. Open wide until it is narrowed."""

    def __init__(self, port: int, *, seed: int) -> None:
        self._port = port
        self._random = random.Random(seed)  # noqa: S311  a replayable link, no secret
        self._relays = set[asyncio.Task[None]]()
        self._lanes = (asyncio.Lock(), asyncio.Lock())
        self.is_narrow = False
        self.carried_bytes = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator[str]:
        """Relay while the context lasts; gives the URL to call instead."""

        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            relay = asyncio.create_task(self._relay(reader, writer))
            self._relays.add(relay)
            relay.add_done_callback(self._relays.discard)

        server = await asyncio.start_server(begin, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for relay in self._relays:
                relay.cancel()
            await asyncio.gather(*self._relays, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        up, down = self._lanes
        pumps = [
            asyncio.create_task(self._pump(reader, back, up)),
            asyncio.create_task(self._pump(there, writer, down)),
        ]
        try:
            # One side may go away while the other still sends; then both are closed.
            await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            for pump in pumps:
                pump.cancel()
            writer.close()
            back.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lane: asyncio.Lock
    ) -> None:
        while segment := await reader.read(SEGMENT_BYTES):
            await self._carry(len(segment) + HEADER_BYTES, lane)
            writer.write(segment)
            await writer.drain()
        writer.write_eof()

    async def _carry(self, size_bytes: int, lane: asyncio.Lock) -> None:
        """Let one segment through, as often as it takes."""
        wait_s, longest_s = RETRANSMIT_S
        while self.is_narrow:
            async with lane:
                await asyncio.sleep(size_bytes * 8 / RATE_BITS_PER_S)
            self.carried_bytes += size_bytes
            if self._random.random() >= LOSS:
                return
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, longest_s)


async def measure(rounds: int) -> tuple[Figure, ...]:
    """Record ten jobs while a hundred photos are on their way; the figures over all rounds."""
    facts_s: list[float] = []
    photo_bytes: list[int] = []
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as name:
            async with spine.set_up(Path(name)) as place:
                took_s, carried = await _trickle(place, seed=number)
        facts_s.append(took_s)
        photo_bytes.append(carried)
        sys.stderr.write(f"round {number + 1} of {rounds}: {took_s:.1f} s\n")
    return (
        Figure(
            key="facts_s",
            value=max(facts_s),
            most=FACTS_S_MOST,
            says=f"from the last entry of {JOBS} jobs until the server has all of them; the worst",
        ),
        Figure(key="facts_s_p50", value=percentile(facts_s, 50), says="the same, the median"),
        Figure(
            key="photos_waiting",
            value=PHOTOS,
            says=f"of {PHOTO_BYTES // 1000} kB, on their way when the first entry was made",
        ),
        Figure(
            key="link_busy_bytes",
            value=percentile(photo_bytes, 50),
            says="what the narrow link carried in all, repeats counted",
        ),
    )


async def _trickle(place: Place, *, seed: int) -> tuple[float, int]:
    port = httpx.URL(place.office.url).port
    assert port is not None
    link = Link(port, seed=seed)
    async with link.open() as url:
        tablet = await place.tablet(0, url)
        job_ids = [await _sold(place, number) for number in range(JOBS + 1)]
        await tablet.sync()
        await tablet.fly(on=True)
        for number in range(PHOTOS):
            picture = label.draw_photo(f"photo {number}")
            padding = os.urandom(max(0, PHOTO_BYTES - len(picture)))
            await tablet.photo(job_ids[0], f"extra_{number}", picture + padding)
        link.is_narrow = True
        await tablet.fly(on=False)
        await until(
            lambda: _has_carried(link, 40_000), what="photos on their way", within_s=PATIENCE_S
        )
        for number, job_id in enumerate(job_ids[1:]):
            await _visit(place, tablet, job_id, number)
        entered_at = time.monotonic()

        async def is_told() -> bool | None:
            return (await tablet.status()).pending_operations == 0 or None

        await until(is_told, what="facts at the server", within_s=PATIENCE_S)
        took_s = time.monotonic() - entered_at
        assert (await tablet.status()).pending_blobs > PHOTOS // 2, "the photos did not trickle"
        return took_s, link.carried_bytes


async def _has_carried(link: Link, size_bytes: int) -> bool | None:
    return link.carried_bytes > size_bytes or None


async def _sold(place: Place, number: int) -> UUID:
    sites, accounts = place.ground.sites_on(place.ground.olts[0]), place.ground.accounts
    sold = await place.office.sell(
        f"L-{number}",
        accounts[number % len(accounts)],
        sites[number % len(sites)],
        place.ground.products[0],
        utc_now(),
    )
    await place.office.assign(sold.job_id, place.technician(0).id)
    return sold.job_id


async def _visit(place: Place, tablet: Tablet, job_id: UUID, number: int) -> None:
    site = place.ground.sites_on(place.ground.olts[0])[0]
    fiber = Fiber(
        serial=f"HWTC{0x5C000000 + number:08X}",
        olt=place.installation.olts[site.olt],
        port=site.port,
        come_up_s=0,
        dark=True,
    )
    await visit(spine.silence(), tablet, job_id, fiber)
