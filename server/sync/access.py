"""The front door of devices: a bearer token names the tablet."""

from server.acts import utc_now
from server.database import Store
from server.sync import devices
from server.sync.records import Device
from server.sync.refusals import SyncRefused
from sync_protocol.messages import Refusal
from sync_protocol.quoting import quoted


async def device_of(store: Store, authorization: str | None) -> Device:
    """Find the device behind an Authorization header.

    Raises:
        SyncRefused: no token, or one that is unknown or expired; the device gets a new one.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        sent = f"of the scheme {quoted(scheme)}" if scheme else "missing"
        raise SyncRefused(
            Refusal.UNKNOWN_DEVICE, f"Authorization is {sent}; send Bearer and the device's token"
        )
    device = await store.read(devices.find_by_token, token, utc_now())
    if device is None:
        raise SyncRefused(
            Refusal.UNKNOWN_DEVICE,
            "the token is unknown or has expired; a signed challenge gives the next one",
        )
    if device.revoked_at is not None:
        raise SyncRefused(Refusal.DEVICE_REVOKED, f"device {device.id} was revoked; ask the office")
    return device
