"""What a refusal of the server means for the next attempt."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from field_client.engine import Blocked, Busy, Obstacle, Outcome, Unreachable
from field_client.transport import Failure, NoAnswer, Refused, TokenExpired
from sync_protocol.messages import Refusal

_BUSY_MS: Final = 5_000
BUSY_MS_MAX: Final = 3_600_000
"""No wait that is asked for is believed beyond an hour: whoever asked may have been mistaken."""
_OBSTACLES: Final[Mapping[Refusal, Obstacle]] = {
    Refusal.UPGRADE_REQUIRED: Obstacle.UPGRADE_REQUIRED,
    Refusal.UNKNOWN_DEVICE: Obstacle.UNKNOWN_DEVICE,
    Refusal.DEVICE_REVOKED: Obstacle.DEVICE_REVOKED,
    Refusal.FORK: Obstacle.FORK,
    Refusal.UNKNOWN_INCARNATION: Obstacle.FORK,
    Refusal.GAP: Obstacle.GAP,
}


def outcome_of(refused: Refused) -> Outcome:
    """Say what a refusal means for the next attempt."""
    if refused.is_passing:
        return Busy(retry_after_ms=min(refused.retry_after_ms or _BUSY_MS, BUSY_MS_MAX))
    if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unreachable(detail=refused.detail)
    obstacle = Obstacle.REFUSED
    if refused.refusal is not None:
        obstacle = _OBSTACLES.get(refused.refusal, Obstacle.REFUSED)
    return Blocked(obstacle=obstacle, detail=refused.detail)


def outcome_of_sign_in(failure: Failure) -> Outcome:
    """Say what it means that no token was given."""
    match failure:
        case NoAnswer(detail=detail):
            return Unreachable(detail=detail)
        case TokenExpired(refusal=None):
            # Ours names its reason; this is somebody in between.
            return Unreachable(detail="asked for a token to get a token")
        case TokenExpired():
            detail = "the server does not know this device by its key; enrol it anew"
            return Blocked(obstacle=Obstacle.UNKNOWN_DEVICE, detail=detail)
        case Refused():
            return outcome_of(failure)
