"""What an SNMP error means for a caller: one table for reads, one for writes."""

from typing import Final

from activation.failures import (
    AuthRejected,
    Failure,
    OltBusy,
    OltUnintelligible,
    OltUnreachable,
    OutcomeUnknown,
    Refused,
)
from activation.snmp import (
    Denied,
    ErrorStatus,
    NoAnswer,
    NotSent,
    SnmpError,
    Status,
    Unintelligible,
)

NOT_ALLOWED: Final = frozenset(
    (Status.NO_ACCESS, Status.AUTHORIZATION_ERROR, Status.NOT_WRITABLE, Status.READ_ONLY)
)
BUSY: Final = frozenset((Status.GEN_ERR, Status.RESOURCE_UNAVAILABLE, Status.TOO_BIG))
# RFC 3416 §4.2.5: with these two, some of the values may have been set.
HALF_DONE: Final = frozenset((Status.COMMIT_FAILED, Status.UNDO_FAILED))


def read_failure(olt: str, error: SnmpError) -> Failure:
    """Say what a failed read means; nothing was changed in any case."""
    if _is_not_allowed(error):
        return AuthRejected(olt=olt, detail=str(error))
    match error:
        case NoAnswer() | NotSent():
            return OltUnreachable(olt=olt, detail=str(error))
        case Unintelligible() | Denied():
            return OltUnintelligible(olt=olt, detail=str(error))
        case ErrorStatus(status=status) if status in BUSY:
            return OltBusy(olt=olt, detail=str(error))
        case ErrorStatus(oid=oid):
            return Refused(step="reading", status=str(error), oid=oid)


def write_failure(olt: str, step: str, error: SnmpError) -> Failure:
    """Say what a failed write means once reading back has found nothing written.

    An unanswered write stays unknown even then: its datagram may still be on its way.
    """
    if _is_not_allowed(error):
        return AuthRejected(olt=olt, detail=f"{error} for {step}")
    match error:
        case NotSent():
            return OltUnreachable(olt=olt, detail=str(error))
        case NoAnswer() | Unintelligible() | Denied():
            return OutcomeUnknown(step=step, detail=f"{error}; not there when read back")
        case ErrorStatus(status=status) if status in HALF_DONE:
            return OutcomeUnknown(step=step, detail=f"{error}; not there when read back")
        case ErrorStatus(status=status) if status in BUSY:
            return OltBusy(olt=olt, detail=f"{error} for {step}")
        case ErrorStatus(oid=oid):
            return Refused(step=step, status=str(error), oid=oid)


def _is_not_allowed(error: SnmpError) -> bool:
    """Tell whether the credentials are to blame: unknown to the agent, or without the right."""
    return isinstance(error, Denied) or (
        isinstance(error, ErrorStatus) and error.status in NOT_ALLOWED
    )
