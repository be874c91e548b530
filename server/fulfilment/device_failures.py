"""What a driver's failure means for the process that met it. Pure."""

from activation.failures import Failure, OntNotSeen, OntOffline
from server.fulfilment.steps import Hold, Outcome, Stick, TryAgain


def after_failure(failure: Failure) -> Outcome:
    """Say what a driver's failure means for the process."""
    if isinstance(failure, OntNotSeen | OntOffline):
        return Hold(code=failure.code, detail=str(failure))
    if failure.may_retry:
        return TryAgain(code=failure.code, detail=str(failure))
    return Stick(code=failure.code, detail=str(failure))
