"""What may be done with a service that runs, and what comes of an order about it. Pure."""

import enum
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from server.fulfilment.records import Intent
from server.problems import Conflicting
from server.services.records import ServiceState, SuspensionReason

_S = ServiceState
POSSIBLE_FROM: Final[Mapping[Intent, frozenset[ServiceState]]] = {
    Intent.ACTIVATE: frozenset({_S.DESIGNED, _S.RESERVED}),
    Intent.SUSPEND: frozenset({_S.ACTIVE, _S.SUSPENDED}),
    Intent.RESUME: frozenset({_S.SUSPENDED}),
    Intent.CHANGE: frozenset({_S.ACTIVE}),
    Intent.SWAP: frozenset({_S.ACTIVE, _S.SUSPENDED}),
    Intent.REPROVISION: frozenset({_S.ACTIVE, _S.SUSPENDED}),
    Intent.DISCONNECT: frozenset({_S.ACTIVE, _S.SUSPENDED}),
}


class Consequence(enum.StrEnum):
    """What an order about a service comes to."""

    PROCESS = "process"
    """The OLT has to be written to."""
    REASON_NOTED = "reason_noted"
    """It is suspended already; one more reason has to be lifted now."""
    REASON_LIFTED = "reason_lifted"
    """Another reason holds, so it stays suspended."""


def is_possible(intent: Intent, state: ServiceState) -> bool:
    """Say whether an intent can be carried out from a state."""
    return state in POSSIBLE_FROM[intent]


def consequence(
    intent: Intent,
    state: ServiceState,
    *,
    reason: str | None = None,
    open_reasons: AbstractSet[SuspensionReason] = frozenset(),
) -> Consequence:
    """Say what an order comes to.

    Raises:
        Conflicting: it is not possible from this state, or lifts a reason that does not hold.
    """
    if not is_possible(intent, state):
        possible = ", ".join(sorted(POSSIBLE_FROM[intent]))
        raise Conflicting(f"the service is {state}; {intent} is possible when it is: {possible}")
    if intent is Intent.SUSPEND and state is ServiceState.SUSPENDED:
        return Consequence.REASON_NOTED
    if intent is Intent.RESUME and open_reasons:
        if reason not in open_reasons:
            holding = ", ".join(sorted(open_reasons))
            raise Conflicting(f"the service is not suspended for {reason}, but for: {holding}")
        if len(open_reasons) > 1:
            return Consequence.REASON_LIFTED
    return Consequence.PROCESS
