import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from field_client import capture
from field_client.agent import Agent
from field_client.opening import open_agent
from field_client.replica.state import store_enrolment
from field_client.replica.views import count_all
from field_client.safety.key_files import BOX_FILE, TabletLocked, Way
from field_client.safety.keystore import KeystoreSilent
from field_client.safety.pins import PinTooWeak, TooSoon, Tries, WrongPin
from field_client.safety.vault import (
    Locked,
    NoPin,
    Open,
    PinNeedsEncryption,
    Vault,
    open_vault,
)
from field_client.safety.wiping import TabletWiped, Wiped, WipeReason
from field_client.settings import Settings
from field_client.storage import Connection
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.ids import JobId
from tests.field_client.factories import FakeClock, a_job, an_enrolment
from tests.field_client.safety.keeping import OTHER_PIN, PIN, FakeKeystore, key_files

JOB: JobId = a_job().id
IDLE_MS = 300_000


class Home:
    """A tablet that is switched off and on again."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(home=str(folder), ballast_mb=0)
        self.keystore = FakeKeystore(is_usable=False)
        self.clock = FakeClock()

    @asynccontextmanager
    async def on(self) -> AsyncGenerator[Vault]:
        files = key_files(self.settings.key_folder, self.keystore)
        async with open_vault(self.settings, files, self.clock) as vault:
            yield vault

    def tries(self) -> Tries:
        return key_files(self.settings.key_folder).tries()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def locked_home(home: Home) -> Home:
    """Give a tablet with a PIN and one entry that was not sent, switched off."""
    async with home.on() as vault:
        await vault.agent().store.write(_make_ready)
        await vault.agent().enter(capture.move_job, JOB, "start")
        assert await vault.set_pin(PIN) is Way.PIN
    return home


def _make_ready(db: Connection) -> None:
    store_enrolment(db, "http://127.0.0.1:1", an_enrolment())
    run(db, "job_store", id=str(JOB), document=wire.encode(a_job()))


async def test_a_tablet_without_a_pin_is_open_and_cannot_be_locked(home: Home) -> None:
    async with home.on() as vault:
        assert vault.state == Open(has_pin=False)
        home.clock.pass_ms(10 * IDLE_MS)
        assert vault.state == Open(has_pin=False)
        with pytest.raises(NoPin):
            vault.lock()
        with pytest.raises(NoPin):
            await vault.remove_pin(PIN)


async def test_a_tablet_with_a_pin_opens_nothing_before_it(locked_home: Home) -> None:
    async with locked_home.on() as vault:
        assert vault.state == Locked(tries_left=10, wait_ms=0, is_started=False)
        with pytest.raises(TabletLocked):
            vault.agent()
        with pytest.raises(TabletLocked):
            async with open_agent(locked_home.settings):
                pass

        agent = await vault.unlock(PIN)

        assert isinstance(agent, Agent)
        assert vault.agent() is agent
        assert vault.state == Open(has_pin=True)
        assert (await agent.store.read(count_all)).pending_operations == 1
        assert locked_home.tries() == Tries()


async def test_an_idle_tablet_locks_itself_and_goes_on_with_what_runs(locked_home: Home) -> None:
    async with locked_home.on() as vault:
        agent = await vault.unlock(PIN)
        locked_home.clock.pass_ms(IDLE_MS - 1)
        vault.touch()
        locked_home.clock.pass_ms(IDLE_MS - 1)
        assert vault.agent() is agent

        locked_home.clock.pass_ms(IDLE_MS)

        assert vault.state == Locked(tries_left=10, wait_ms=0, is_started=True)
        with pytest.raises(TabletLocked):
            vault.agent()
        assert isinstance(agent, Agent)
        await agent.sync_once()
        assert await vault.unlock(PIN) is agent


async def test_a_tablet_is_locked_at_once_when_its_technician_says_so(locked_home: Home) -> None:
    async with locked_home.on() as vault:
        await vault.unlock(PIN)

        vault.lock()

        assert isinstance(vault.state, Locked)
        assert await vault.unlock(OTHER_PIN) == WrongPin(tries_left=9, wait_ms=0)
        assert isinstance(vault.state, Locked)


async def test_wrong_pins_are_counted_over_restarts_and_have_to_wait(locked_home: Home) -> None:
    async with locked_home.on() as vault:
        for left in (9, 8):
            assert await vault.unlock(OTHER_PIN) == WrongPin(tries_left=left, wait_ms=0)
        assert await vault.unlock(OTHER_PIN) == WrongPin(tries_left=7, wait_ms=5_000)
        locked_home.clock.pass_ms(4_000)
        assert await vault.unlock(PIN) == TooSoon(tries_left=7, wait_ms=1_000)

    async with locked_home.on() as vault:
        assert vault.state == Locked(tries_left=7, wait_ms=5_000, is_started=False)
        assert await vault.unlock(PIN) == TooSoon(tries_left=7, wait_ms=5_000)
        locked_home.clock.pass_ms(5_000)
        assert isinstance(await vault.unlock(PIN), Agent)
        assert locked_home.tries() == Tries()


async def test_a_try_is_counted_before_it_is_looked_at(locked_home: Home) -> None:
    counted: list[Tries] = []
    files = key_files(locked_home.settings.key_folder)

    class Watching(FakeKeystore):
        """Asked for its part in the middle of the check."""

        def read(self, entry: str) -> bytes:
            counted.append(files.tries())
            return super().read(entry)

    locked_home.keystore = Watching()
    async with locked_home.on() as vault:
        await vault.set_pin(OTHER_PIN, PIN)
        vault.lock()
        counted.clear()
        await vault.unlock(PIN)

    assert counted == [Tries(begun=1)]


async def test_a_silent_keystore_costs_no_try(locked_home: Home) -> None:
    locked_home.keystore = FakeKeystore()
    async with locked_home.on() as vault:
        await vault.set_pin(OTHER_PIN, PIN)
    locked_home.keystore.is_silent = True

    async with locked_home.on() as vault:
        with pytest.raises(KeystoreSilent):
            await vault.unlock(OTHER_PIN)

    assert locked_home.tries() == Tries()


async def test_the_last_wrong_pin_erases_the_keys_and_says_what_that_means(
    locked_home: Home,
) -> None:
    key_files(locked_home.settings.key_folder).note_tries(Tries(begun=9))
    async with locked_home.on() as vault:
        locked_home.clock.pass_ms(300_000)
        ended = await vault.unlock(OTHER_PIN)

        assert isinstance(ended, Wiped)
        assert ended.reason is WipeReason.WRONG_PINS
        assert "what it had not sent is lost" in ended.detail
        assert vault.state == ended
        with pytest.raises(TabletWiped, match="too many wrong PINs"):
            vault.agent()
        assert await vault.unlock(PIN) == ended
    assert list(locked_home.settings.key_folder.iterdir()) == []
    assert not locked_home.settings.replica_folder.exists()

    async with locked_home.on() as vault:
        assert vault.state == ended


async def test_a_tablet_that_died_over_its_last_try_is_erased_at_the_next_start(
    locked_home: Home,
) -> None:
    key_files(locked_home.settings.key_folder).note_tries(Tries(begun=10))

    async with locked_home.on() as vault:
        assert isinstance(vault.state, Wiped)


async def test_a_count_without_a_pin_erases_nothing(home: Home) -> None:
    key_files(home.settings.key_folder).note_tries(Tries(begun=10))

    async with home.on() as vault:
        assert vault.state == Open(has_pin=False)


async def test_a_wiped_tablet_begins_anew_when_it_is_enrolled(locked_home: Home) -> None:
    wiped = Wiped(reason=WipeReason.WRONG_PINS, at=locked_home.clock.wall)
    async with locked_home.on() as vault:
        await vault.wipe(wiped)
        await vault.start_over()

        assert vault.state == Open(has_pin=False)
        assert (await vault.agent().store.read(count_all)).captured == 0

    async with locked_home.on() as vault:
        assert vault.state == Open(has_pin=False)


async def test_two_who_try_at_once_are_counted_both(locked_home: Home) -> None:
    async with locked_home.on() as vault:
        ended = await asyncio.gather(vault.unlock(OTHER_PIN), vault.unlock("999998"))

    assert ended == [WrongPin(tries_left=9, wait_ms=0), WrongPin(tries_left=8, wait_ms=0)]


async def test_a_pin_is_changed_and_removed_only_by_who_knows_it(locked_home: Home) -> None:
    async with locked_home.on() as vault:
        await vault.unlock(PIN)
        assert await vault.set_pin(OTHER_PIN) == WrongPin(tries_left=9, wait_ms=0)
        assert await vault.set_pin(OTHER_PIN, "999998") == WrongPin(tries_left=8, wait_ms=0)
        assert await vault.set_pin(OTHER_PIN, PIN) is Way.PIN
        assert isinstance(await vault.remove_pin(PIN), WrongPin)
        assert await vault.remove_pin(OTHER_PIN) is Way.FOLDER
        assert vault.state == Open(has_pin=False)

    async with locked_home.on() as vault:
        assert (await vault.agent().store.read(count_all)).pending_operations == 1


async def test_a_pin_that_protects_nothing_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    async with home.on() as vault:
        with pytest.raises(PinTooWeak):
            await vault.set_pin("123456")
    home = Home(tmp_path / "plain")
    home.settings = Settings(home=str(tmp_path / "plain"), encrypted=False, ballast_mb=0)
    async with home.on() as vault:
        with pytest.raises(PinNeedsEncryption, match="not encrypted by us"):
            await vault.set_pin(PIN)
    assert key_files(home.settings.key_folder).way() is Way.FOLDER


async def test_syncing_begins_when_the_tablet_opens_and_ends_with_the_vault(
    locked_home: Home,
) -> None:
    async with locked_home.on() as vault:
        running = asyncio.create_task(vault.run())
        agent = await vault.unlock(PIN)
        assert isinstance(agent, Agent)

        report = await agent.loop.sync_now()
        vault.lock()
        again = await agent.loop.sync_now()
        running.cancel()
        await asyncio.wait({running})

    assert type(report.outcome) is type(again.outcome)
    assert agent.loop.state.flight_mode, "a loop that ended sends nothing more"


async def test_a_pin_set_by_another_process_is_asked_for_here_too(home: Home) -> None:
    async with home.on() as running, home.on() as other:
        await other.set_pin(PIN)
        running.touch()
        home.clock.pass_ms(IDLE_MS)

        assert isinstance(running.state, Locked)
        assert isinstance(await running.unlock(PIN), Agent)

    assert {path.name for path in home.settings.key_folder.iterdir()} == {"pin.tries", BOX_FILE}
