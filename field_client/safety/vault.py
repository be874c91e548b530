"""The tablet as something that may be locked: pages and commands reach the agent through it.

A tablet without a PIN is open from its start. With one it starts closed: nothing can be read, sent
or received until the PIN was given once. After that it may lock again; then nobody gets the agent
from here, while what runs, above all the sync, goes on.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import msgspec
import structlog
from uuid_utils.compat import uuid7

from field_client.agent import Agent
from field_client.clock import Clock, SystemClock
from field_client.file_keeper import ballast_of
from field_client.keys import KeyFolder
from field_client.opening import open_agent
from field_client.safety import wiping
from field_client.safety.key_files import HeldKeys, KeyFiles, TabletLocked, Way
from field_client.safety.keystore import KeystoreSilent, OsKeystore
from field_client.safety.lock import Lock, LockEvent, step
from field_client.safety.pins import TooSoon, Tries, WrongPin, check_new_pin, wait_ms
from field_client.safety.sealing import DoesNotOpen
from field_client.safety.wiping import TabletWiped, Wiped, WipeReason
from field_client.settings import Settings
from field_client.storage import Aside, Disk, FileSystem, StorageFull
from sync_protocol.units import Millis

log = structlog.stdlib.get_logger()

Keys = KeyFolder | HeldKeys


class Open(msgspec.Struct, frozen=True, kw_only=True, tag="open"):
    """Whoever has the tablet in hand can work with it."""

    has_pin: bool


class Locked(msgspec.Struct, frozen=True, kw_only=True, tag="locked"):
    """The PIN is asked for. After ``tries_left`` wrong ones the keys are erased."""

    tries_left: int
    wait_ms: Millis
    """How long the next PIN has to wait."""
    is_started: bool
    """True: what was recorded is being sent all the same; False: nothing runs before the PIN."""


class PinNeedsEncryption(RuntimeError):
    """The replica is not sealed by us, so a PIN would protect nothing; nothing was changed."""


class NoPin(RuntimeError):
    """The tablet has no PIN, so there is nothing to lock with or to remove; nothing was changed."""


class Vault:
    """Gives the agent to who may have it. Made by ``open_vault``."""

    def __init__(
        self,
        settings: Settings,
        key_files: KeyFiles,
        files: FileSystem,
        *,
        clock: Clock,
        aside: Aside,
    ) -> None:
        self._settings = settings
        self._key_files = key_files
        self._files = files
        self._clock = clock
        self._aside = aside
        self._stack = AsyncExitStack()
        self._agent: Agent | None = None
        self._keys: Keys | None = None
        self._lock = Lock(is_locked=True, used=clock.moment())
        self._wiped: Wiped | None = None
        # No clock survives a restart, so a wait begins anew with it.
        self._wrong_at_ms = clock.moment().monotonic_ms
        self._one_at_a_time = asyncio.Lock()
        self._changed = asyncio.Event()
        self._syncing: asyncio.Task[None] | None = None

    @property
    def state(self) -> Open | Locked | Wiped:
        """Say how the tablet stands at this moment."""
        if self._wiped is not None:
            return self._wiped
        if not self._key_files.way().needs_pin and self._agent is not None:
            return Open(has_pin=False)
        self._lock = self._stepped(LockEvent.LOOKED_AT)
        if self._agent is not None and not self._lock.is_locked:
            return Open(has_pin=True)
        begun = self._key_files.tries().begun
        return Locked(
            tries_left=self._settings.wrong_pins_max - begun,
            wait_ms=self._wait_left_ms(begun),
            is_started=self._agent is not None,
        )

    def agent(self) -> Agent:
        """Give the agent.

        Raises:
            TabletLocked: show the lock page.
            TabletWiped: show what the error says.
        """
        state = self.state
        if isinstance(state, Wiped):
            raise TabletWiped(state.detail)
        if isinstance(state, Locked) or self._agent is None:
            raise TabletLocked("this tablet is locked; it opens with its PIN")
        return self._agent

    async def unlock(self, pin: str) -> Agent | WrongPin | TooSoon | Wiped:
        """Open the tablet; takes as long as scrypt is made to take.

        Raises:
            KeystoreSilent: the keystore does not give its part; nothing was counted.
            StorageFull: there is no room to count the try; nothing was checked.
        """
        async with self._one_at_a_time:
            keys = await self._checked(pin)
            if not isinstance(keys, KeyFolder | HeldKeys):
                return keys
            self._lock = self._stepped(LockEvent.PIN_SHOWN)
            if self._agent is not None:
                return self._agent
            return await self._open(keys)

    def lock(self) -> None:
        """Lock now.

        Raises:
            NoPin: set one first.
        """
        if not self._key_files.way().needs_pin:
            raise NoPin("this tablet has no PIN to open it again; set one first")
        self._lock = self._stepped(LockEvent.LOCK)

    def touch(self) -> None:
        """Put the idle lock off: a person did something. A page that asks by itself is nobody."""
        self._lock = self._stepped(LockEvent.USED)

    async def set_pin(
        self, pin: str, current: str | None = None
    ) -> Way | WrongPin | TooSoon | Wiped:
        """Set the PIN, or change it from ``current``; the way the keys are kept in then.

        Raises:
            PinTooWeak, PinNeedsEncryption: nothing was changed.
            TabletLocked, KeystoreSilent, StorageFull: as for ``unlock``.
        """
        check_new_pin(pin)
        if not self._settings.encrypted:
            raise PinNeedsEncryption(
                "this tablet's replica is not encrypted by us, so a PIN would protect nothing; "
                "begin a tablet without --plain"
            )
        return await self._keep_behind(pin, current)

    async def remove_pin(self, current: str) -> Way | WrongPin | TooSoon | Wiped:
        """Let the tablet open without a PIN again.

        Raises:
            NoPin: there is none.
            TabletLocked, KeystoreSilent, StorageFull: as for ``unlock``.
        """
        if not self._key_files.way().needs_pin:
            raise NoPin("this tablet has no PIN")
        return await self._keep_behind(None, current)

    async def wipe(self, wiped: Wiped) -> Wiped:
        """Erase everything here; killed in the middle, the next start goes on with it."""
        await self._close()
        self._keys = None
        self._wiped = await self._aside.run(
            wiping.wipe, self._settings, self._files, self._key_files, wiped
        )
        log.warning("tablet.wiped", reason=wiped.reason)
        self._changed.set()
        return self._wiped

    async def start_over(self) -> None:
        """Begin as a new tablet after a wipe, to be enrolled; does nothing where none was."""
        async with self._one_at_a_time:
            if self._wiped is not None:
                wiping.start_over(self._settings, self._files)
                self._wiped = None
                await self._open(await self._aside.run(self._keys_in_place))

    async def begin(self) -> None:
        """Open what needs no PIN, and go on with a wipe that was killed; once, before all else.

        Raises:
            What ``open_agent`` raises, and KeystoreSilent.
        """
        found = wiping.find_wipe(self._settings, self._files)
        if found is not None:
            self._wiped = found if found.is_done else await self.wipe(found)
        elif not self._key_files.way().needs_pin:
            await self._open(await self._aside.run(self._keys_in_place))
        elif self._key_files.tries().begun >= self._settings.wrong_pins_max:
            await self._wipe_for_wrong_pins()

    async def wipe_if_due(self) -> Wiped | None:
        """Erase a tablet that the office has withdrawn and that has handed over; None: no cause."""
        async with self._one_at_a_time:
            if self._agent is None or self._agent.wiped is None:
                return None
            return await self.wipe(self._agent.wiped)

    async def run(self) -> None:
        """Sync whenever the tablet is open, locked or not, until cancelled."""
        try:
            while True:
                await self.wipe_if_due()
                if self._agent is not None and self._syncing is None:
                    self._syncing = asyncio.create_task(self._agent.loop.run())
                self._changed.clear()
                await self._changed.wait()
        finally:
            await self._stop_syncing()

    async def close(self) -> None:
        """Give everything back."""
        await self._close()

    async def _checked(self, pin: str) -> Keys | WrongPin | TooSoon | Wiped:
        """Count a try, then look whether the PIN opens the box."""
        if self._wiped is not None:
            return self._wiped
        begun, most = self._key_files.tries().begun, self._settings.wrong_pins_max
        if begun >= most:
            return await self._wipe_for_wrong_pins()
        left_ms = self._wait_left_ms(begun)
        if left_ms > 0:
            return TooSoon(tries_left=most - begun, wait_ms=left_ms)
        try:
            return await self._aside.run(self._open_counted, pin, begun)
        except DoesNotOpen:
            self._wrong_at_ms = self._clock.moment().monotonic_ms
        log.warning("pin.wrong", tries_left=most - begun - 1)
        if begun + 1 >= most:
            return await self._wipe_for_wrong_pins()
        return WrongPin(tries_left=most - begun - 1, wait_ms=wait_ms(begun + 1))

    def _open_counted(self, pin: str, begun: int) -> Keys:
        note = self._key_files.note_tries
        try:
            note(Tries(begun=begun + 1))
        except StorageFull:
            if not ballast_of(self._settings).release():
                raise
            note(Tries(begun=begun + 1))
        try:
            keys = self._key_files.open_as(self._settings.keys, pin)
        except KeystoreSilent:
            note(Tries(begun=begun))  # without its part no PIN could have been found out
            raise
        note(Tries())
        return keys

    def _keys_in_place(self) -> Keys:
        """Open what needs no PIN. Where the replica is not sealed, there is no key to hide."""
        if not self._settings.encrypted:
            return self._key_files.open()
        return self._key_files.open_as(self._settings.keys)

    async def _keep_behind(
        self, pin: str | None, current: str | None
    ) -> Way | WrongPin | TooSoon | Wiped:
        async with self._one_at_a_time:
            if self._wiped is not None:
                return self._wiped
            keys: Keys | WrongPin | TooSoon | Wiped | None = self._keys
            if self._key_files.way().needs_pin:
                keys = await self._checked(current or "")
            if keys is None:
                raise TabletLocked("this tablet is locked; it opens with its PIN")
            if not isinstance(keys, KeyFolder | HeldKeys):
                return keys
            self._keys = await self._aside.run(self._key_files.keep, keys, pin, self._settings.keys)
            self._lock = self._stepped(LockEvent.PIN_SHOWN)
            return self._key_files.way()

    async def _open(self, keys: Keys) -> Agent:
        self._keys = keys
        agent = await self._stack.enter_async_context(
            open_agent(self._settings, keys, clock=self._clock)
        )
        agent.keys_kept = self._key_files.way
        agent.on_wipe_due = self._changed.set
        self._agent = agent
        self._changed.set()
        return agent

    async def _wipe_for_wrong_pins(self) -> Wiped:
        now = self._clock.moment().wall
        return await self.wipe(Wiped(reason=WipeReason.WRONG_PINS, at=now))

    async def _close(self) -> None:
        await self._stop_syncing()
        self._agent = None
        await self._stack.aclose()

    async def _stop_syncing(self) -> None:
        if self._syncing is not None:
            self._syncing.cancel()
            with suppress(asyncio.CancelledError):
                await self._syncing
            self._syncing = None

    def _stepped(self, event: LockEvent) -> Lock:
        return step(self._lock, event, self._clock.moment(), self._settings.idle_lock_s * 1000)

    def _wait_left_ms(self, begun: int) -> Millis:
        passed_ms = self._clock.moment().monotonic_ms - self._wrong_at_ms
        return max(0, wait_ms(begun) - passed_ms)


@asynccontextmanager
async def open_vault(
    settings: Settings, key_files: KeyFiles | None = None, clock: Clock | None = None
) -> AsyncGenerator[Vault, None]:
    """Open a tablet as far as it opens by itself, for the life of a process.

    Raises:
        What ``open_agent`` raises, and KeystoreSilent.
    """
    files = Disk()
    with Aside("vault") as aside:
        vault = Vault(
            settings,
            key_files or KeyFiles(settings.key_folder, files, OsKeystore()),
            files,
            clock=clock or SystemClock(str(uuid7())),
            aside=aside,
        )
        try:
            await vault.begin()
            yield vault
        finally:
            await vault.close()
