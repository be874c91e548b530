"""A tablet that the office has withdrawn: it hands over what it has, and only then is erased."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from field_client import capture
from field_client.agent import Agent
from field_client.engine import Blocked, Obstacle, Synced, Unreachable
from field_client.replica import revocation
from field_client.replica.revocation import TabletRevoked, find_revocation
from field_client.replica.state import get_state
from field_client.replica.views import count_all
from field_client.safety.key_files import KeyFiles
from field_client.safety.vault import Open, Vault, open_vault
from field_client.safety.wiping import TabletWiped, Wiped, find_wipe
from field_client.settings import Settings
from field_client.status import get_status
from field_client.storage import Disk
from sync_protocol import wire
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import Refusal
from tests.field_client import http_server
from tests.field_client.factories import JPEG, FakeClock, a_job
from tests.field_client.fake_server import FakeServer
from tests.field_client.http_server import HttpFakeServer, Reply, problem, serving
from tests.field_client.safety.keeping import FakeKeystore, key_files

JOB = a_job().id
DAY_MS = 86_400_000
PHOTOS = (JPEG, JPEG + b"another")


class Field:
    """A server, a tablet beside it, and a clock that both do not share."""

    def __init__(self, folder: Path, server: HttpFakeServer) -> None:
        self.server = server
        self.clock = FakeClock()
        self.settings = Settings(home=str(folder), server_url=server.url, ballast_mb=0)

    @asynccontextmanager
    async def on(self) -> AsyncGenerator[Vault]:
        keys = key_files(self.settings.key_folder)
        async with open_vault(self.settings, keys, self.clock) as vault:
            yield vault

    @property
    def handed_over(self) -> list[int]:
        """How many operations are in each bundle that the server keeps."""
        return [len(said.push.operations) for said in self.server.quarantined.values()]


@pytest.fixture
async def field(tmp_path: Path) -> AsyncGenerator[Field]:
    protocol = FakeServer()
    protocol.put_job(a_job())
    async with serving(HttpFakeServer(protocol)) as server:
        yield Field(tmp_path, server)


async def worked(vault: Vault) -> Agent:
    """Do some work that is not sent, on a tablet that has synced before."""
    agent = vault.agent()
    agent.loop.set_out(flight_mode=True)  # a session runs when the test says so
    await agent.enrol("welcome-1234", "tablet")
    assert (await agent.sync_once()).outcome == Synced()
    await agent.enter(capture.move_job, JOB, JobEvent.START)
    for photo in PHOTOS:
        await agent.add_photo(JOB, "ont", photo)
    return agent


async def test_work_and_photos_are_handed_over_and_then_all_is_erased(field: Field) -> None:
    async with field.on() as vault:
        agent = await worked(vault)
        field.server.is_revoked = True

        report = await agent.sync_once()
        wiped = await vault.wipe_if_due()

        assert isinstance(report.outcome, Blocked)
        assert report.outcome.obstacle is Obstacle.DEVICE_REVOKED
        assert isinstance(wiped, Wiped)
        assert (wiped.operations_handed_over, wiped.photos_handed_over) == (3, 2)
        with pytest.raises(TabletWiped, match="3 operations and 2 photos were handed over"):
            vault.agent()
    assert field.handed_over == [3]
    (said,) = field.server.quarantined.values()
    assert set(said.blobs) == field.server.whole_blobs()
    assert len(said.blobs) == 2
    assert list(field.settings.key_folder.iterdir()) == []
    assert not field.settings.replica_folder.exists()


async def test_a_tablet_that_has_nothing_to_hand_over_is_erased_at_once(field: Field) -> None:
    async with field.on() as vault:
        await vault.agent().enrol("welcome-1234", "tablet")
        field.server.is_revoked = True

        await vault.agent().sync_once()

        assert await vault.wipe_if_due() == vault.state
    assert field.handed_over == []


@pytest.mark.parametrize(
    "trick",
    [http_server.lose, http_server.captive_portal, http_server.cut_short, http_server.busy],
)
async def test_nothing_is_erased_before_the_office_has_it(
    field: Field, trick: http_server.Trick
) -> None:
    async with field.on() as vault:
        agent = await worked(vault)
        field.server.is_revoked = True
        field.server.tricks.extend([http_server.play_fair, trick])

        report = await agent.sync_once()

        assert isinstance(report.outcome, Unreachable), "the engine tries again by itself"
        assert "3 operations and 2 photos are still to be handed over" in report.outcome.detail
        assert await vault.wipe_if_due() is None
        status = await get_status(agent)
        assert "device_revoked" in [found.code for found in status.problems]
        assert status.safety.revocation is not None
        with pytest.raises(TabletRevoked):
            await agent.enter(capture.set_field, JOB, field="access_notes", value="bell 3")
        with pytest.raises(TabletRevoked):
            await agent.add_photo(JOB, "wall", JPEG + b"a third")
        assert (await agent.store.read(count_all)).captured == 3

        await agent.sync_once()

        assert await vault.wipe_if_due() is not None
    assert field.handed_over == [3], "what may have arrived is sent again byte for byte"


async def test_photos_go_on_where_they_broke_off_after_a_restart(field: Field) -> None:
    async with field.on() as vault:
        agent = await worked(vault)
        field.server.is_revoked = True
        # sync, bundle, HEAD, POST, HEAD, then the first piece is lost
        field.server.tricks.extend([*[http_server.play_fair] * 5, http_server.lose])
        report = await agent.sync_once()
        assert isinstance(report.outcome, Unreachable)
        assert "0 operations and 2 photos are still to be handed over" in report.outcome.detail

    async with field.on() as vault:
        await vault.agent().sync_once()
        wiped = await vault.wipe_if_due()

    assert wiped is not None
    assert (wiped.operations_handed_over, wiped.photos_handed_over) == (3, 2)
    assert len(field.server.whole_blobs()) == 2
    assert len(field.server.quarantined) == 1


async def test_many_operations_go_in_bundles_that_continue_one_another(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "OPERATIONS_PER_PUSH_MAX", 2)
    monkeypatch.setattr(revocation, "BLOBS_PER_HAND_OVER_MAX", 1)
    async with field.on() as vault:
        agent = await worked(vault)
        field.server.is_revoked = True
        await agent.sync_once()
        state = await agent.store.read(get_state)
        assert await vault.wipe_if_due() is not None

    said = list(field.server.quarantined.values())
    assert field.handed_over == [2, 1, 0]
    assert [len(each.blobs) for each in said] == [0, 1, 1]
    chain = state.acked_chain
    for each in said[:2]:
        assert each.push.chain_before == chain
        for raw in each.push.operations:
            chain = wire.next_chain(chain, bytes(raw))
    assert chain == state.head_chain
    assert len(field.server.whole_blobs()) == 2


def too_late(_reply: Reply) -> Reply:
    return problem(403, Refusal.DEVICE_REVOKED)


@pytest.mark.parametrize("boots", [1, 2])
async def test_what_nobody_takes_is_kept_for_a_week_that_certainly_passed(
    field: Field, boots: int
) -> None:
    async with field.on() as vault:
        agent = await worked(vault)
        field.server.is_revoked = True
        for days in (0, 6):
            field.clock.pass_ms(days * DAY_MS)
            field.server.tricks.extend([http_server.play_fair, too_late])
            assert isinstance((await agent.sync_once()).outcome, Unreachable)
            assert await vault.wipe_if_due() is None
        if boots == 2:
            field.clock.boot_id = "boot-2"
            field.clock.monotonic_ms = 0
            field.clock.wall = field.clock.wall.replace(year=2030)
            field.server.tricks.extend([http_server.play_fair, too_late])
            assert isinstance((await agent.sync_once()).outcome, Unreachable), "a clock is no proof"

        field.clock.pass_ms(DAY_MS)
        field.server.tricks.extend([http_server.play_fair, too_late])
        await agent.sync_once()
        wiped = await vault.wipe_if_due()

    assert wiped is not None
    assert (wiped.operations_handed_over, wiped.photos_handed_over) == (0, 0)
    assert "0 operations and 0 photos were handed over" in wiped.detail


async def test_a_revocation_that_is_taken_back_in_time_costs_nothing(field: Field) -> None:
    """A server that was put back to a backup of before knows nothing of it."""
    async with field.on() as vault:
        agent = await worked(vault)
        field.server.is_revoked = True
        field.server.takes_hand_overs = False
        await agent.sync_once()
        field.server.is_revoked = False

        assert (await agent.sync_once()).outcome == Synced()

        limit = field.settings.hand_over_limit
        assert await agent.store.read(find_revocation, field.clock.moment(), limit) is None
        await agent.enter(capture.set_field, JOB, field="access_notes", value="bell 3")
        assert len(field.server.protocol.operations) == 3
        assert vault.state == Open(has_pin=False)


async def test_a_running_tablet_is_erased_as_soon_as_all_is_handed_over(field: Field) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()

    class Watched(KeyFiles):
        """Tells when the keys go."""

        def erase_all(self) -> None:
            super().erase_all()
            loop.call_soon_threadsafe(begun.set)

    keys = Watched(field.settings.key_folder, Disk(), FakeKeystore(is_usable=False))
    async with open_vault(field.settings, keys, field.clock) as vault:
        agent = await worked(vault)
        agent.loop.set_out(flight_mode=False)
        field.server.is_revoked = True
        running = asyncio.create_task(vault.run())
        await agent.loop.sync_now()
        await asyncio.wait_for(begun.wait(), 30)
        running.cancel()
        await asyncio.wait({running})

    wiped = find_wipe(field.settings, Disk())
    assert wiped is not None
    assert (wiped.is_done, wiped.operations_handed_over) == (True, 3)
    assert not field.settings.replica_folder.exists()
