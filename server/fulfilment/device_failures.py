"""What a driver's failure means for the process that met it. Pure."""

from typing import Final

from activation.failures import Failure, OntNotSeen, OntOffline, Unsupported
from server.fulfilment.steps import Hold, Outcome, Stick, TryAgain

_WITHOUT_SUPPORT: Final = (
    "Cancel the process and have it done by hand; or, where the house is on another OLT in truth, "
    "correct the plant and retry"
)


def after_failure(failure: Failure) -> Outcome:
    """Say what a driver's failure means for the process."""
    if isinstance(failure, OntNotSeen | OntOffline):
        return Hold(code=failure.code, detail=str(failure))
    if failure.may_retry:
        return TryAgain(code=failure.code, detail=str(failure))
    if isinstance(failure, Unsupported):
        return Stick(code=failure.code, detail=f"{failure}. {_WITHOUT_SUPPORT}")
    return Stick(code=failure.code, detail=str(failure))
