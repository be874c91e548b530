"""Opening a tablet's agent: its replica, files and keys put together, once per process."""

import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from uuid_utils.compat import uuid7

from field_client.agent import Agent
from field_client.clock import Clock, SystemClock
from field_client.file_keeper import ballast_of
from field_client.keys import KeyStore
from field_client.replica.contact import note_time
from field_client.replica.state import find_enrolment, get_state, initialise, note_key
from field_client.safety.key_files import KeyFiles
from field_client.safety.keystore import OsKeystore
from field_client.settings import Settings
from field_client.storage import (
    Aside,
    BlobFolder,
    Disk,
    ReplicaKey,
    StorageFull,
    Store,
    Unencrypted,
    open_store,
)
from sync_protocol.ids import Incarnation


@asynccontextmanager
async def open_agent(
    settings: Settings, keys: KeyStore | None = None, clock: Clock | None = None
) -> AsyncGenerator[Agent, None]:
    """Open everything that a tablet has, for the life of a process; without keys, with its own.

    Raises:
        UnsafeSqlite, ReplicaUnreadable, ReplicaTooNew, SettingNotTaken, KeyDamaged, StorageFull.
        TabletLocked: its keys need a PIN; ``safety.vault`` asks for it.
    """
    files, clock = Disk(), clock or SystemClock(str(uuid7()))
    if keys is None:
        keys = KeyFiles(settings.key_folder, files, OsKeystore()).open()
    key = keys.replica_key() if settings.encrypted else Unencrypted()
    public_key = keys.device_key().public_text()
    with Aside("side-work") as aside:
        async with _store(settings, key) as store:
            await store.write(initialise, Incarnation(uuid7()))
            state = await store.read(get_state)
            if await store.read(find_enrolment) is not None:
                await store.write(note_key, public_key)
            await store.write(note_time, clock.moment())
            blobs = BlobFolder(settings.blob_folder, key, files, os.urandom)
            agent = Agent(settings, store, blobs, keys, clock=clock, aside=aside)
            agent.loop.set_out(flight_mode=state.flight_mode)
            await aside.run(agent.files.ballast.ensure)
            yield agent


@asynccontextmanager
async def _store(settings: Settings, key: ReplicaKey) -> AsyncGenerator[Store, None]:
    """Open the replica, on a full disk with the room of the ballast."""
    async with AsyncExitStack() as stack:
        try:
            store = await stack.enter_async_context(open_store(settings.replica_path, key))
        except StorageFull:
            if not ballast_of(settings).release():
                raise
            store = await stack.enter_async_context(open_store(settings.replica_path, key))
        yield store
