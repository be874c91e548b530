"""Serving tablets of other versions: too old to push, too old to pull, newer than we are."""

import msgspec

from server.sync.refusals import SyncRefused
from sync_protocol.messages import PullPage, Refusal, SyncRequest, SyncResponse, Upgrade
from sync_protocol.versions import Spoken


def require_push(protocol: int, spoken: Spoken) -> None:
    """Check that what a tablet pushes can be understood.

    Raises:
        SyncRefused: it cannot; the refusal names the versions that can.
    """
    if spoken.push.includes(protocol):
        return
    raise SyncRefused(
        Refusal.UPGRADE_REQUIRED,
        f"protocol {protocol}; this server speaks {spoken.push.lowest} to {spoken.push.highest}",
        needed_for="push",
        speaks=spoken.push,
    )


def as_understood(response: SyncResponse, request: SyncRequest, spoken: Spoken) -> SyncResponse:
    """Answer in the version that was asked in; what it is too old to read is withheld."""
    answered = msgspec.structs.replace(response, protocol=request.protocol)
    if spoken.pull.includes(request.protocol):
        return answered
    detail = (
        f"protocol {request.protocol} is too old to receive; this server sends "
        f"{spoken.pull.lowest} to {spoken.pull.highest}; what is sent here arrives all the same"
    )
    return msgspec.structs.replace(
        answered,
        pull=PullPage(cursor=request.cursor, more=False, entries=()),
        upgrade=Upgrade(needed_for="pull", detail=detail),
    )
