"""The front door of devices: a bearer token names the tablet."""

from server.acts import utc_now
from server.database import Store
from server.sync import devices
from server.sync.records import Device
from server.sync.refusals import SyncRefused
from sync_protocol.messages import Refusal


async def device_of(store: Store, authorization: str | None) -> Device:
    """Find the device behind an Authorization header.

    Raises:
        SyncRefused: no token, or one that is unknown or expired; the device gets a new one.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise SyncRefused(Refusal.UNKNOWN_DEVICE, "send Authorization: Bearer and the token")
    device = await store.read(devices.find_by_token, token, utc_now())
    if device is None:
        raise SyncRefused(Refusal.UNKNOWN_DEVICE, "the token is unknown or has expired")
    if device.revoked_at is not None:
        raise SyncRefused(Refusal.DEVICE_REVOKED, "this device was revoked; ask the office")
    return device
