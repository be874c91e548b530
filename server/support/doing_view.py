"""What may be ordered about a service without a visit, and under which number. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from server.fulfilment.fallout_view import OVER, WHAT
from server.fulfilment.records import Intent
from server.fulfilment.service_moves import is_possible
from server.jobs.views import Choice
from server.people.records import OFFICE, SignedIn
from server.services.records import ServiceState, SuspensionReason
from server.support.story import ServiceStory
from server.support.views import DoingView, OrderFormView

MAY_ORDER: Final = OFFICE
_LETTERS: Final[Mapping[Intent, str]] = {
    Intent.SUSPEND: "S",
    Intent.RESUME: "R",
    Intent.CHANGE: "C",
    Intent.REPROVISION: "P",
    Intent.DISCONNECT: "D",
}
REASON_WORDS: Final[Mapping[SuspensionReason, str]] = {
    SuspensionReason.NON_PAYMENT: "It was not paid",
    SuspensionReason.VACATION: "The subscriber is away",
    SuspensionReason.FRAUD: "Fraud",
}
ENDINGS: Final[Mapping[str, str]] = {
    "moved_out": "The subscriber moved out",
    "other_provider": "The subscriber goes to another provider",
    "non_payment": "It was not paid",
    "other": "Another reason",
}


def order_number(service_id: UUID, intent: Intent, seen_orders: int) -> str:
    """Make up the number of an order that the console places.

    It follows from what the page showed: how many orders the service had. So a form that is sent
    twice, or by two people at once, is one order; the next page makes another number.

    >>> order_number(UUID(int=11), Intent.SUSPEND, 3)
    'C-00000000000B-4S'
    """
    return f"C-{service_id.hex[-12:].upper()}-{seen_orders + 1}{_LETTERS[intent]}"


def doing_view(story: ServiceStory, *, signed_in: SignedIn) -> DoingView | None:
    """Say what may be ordered now; None for whom may order nothing."""
    if signed_in.user.role not in MAY_ORDER:
        return None
    ahead = next((each for each in story.processes if each.state not in OVER), None)
    if ahead is not None:
        note = f"{WHAT[ahead.intent]} is under way. Further orders are taken when it is done."
    elif story.service.state is ServiceState.TERMINATED:
        note = "The service is ended."
    else:
        note = "It does not run yet."
    forms = () if ahead is not None else tuple(_forms(story))
    return DoingView(
        id=story.service.id,
        csrf_token=signed_in.csrf_token,
        seen_orders=story.orders_in_all,
        forms=forms,
        note="" if forms else note,
    )


def _forms(story: ServiceStory) -> Iterable[OrderFormView]:
    state = story.service.state
    holding = {each.reason for each in story.suspensions}
    if is_possible(Intent.RESUME, state):
        last = "Service and speed come back within a minute or so."
        yield OrderFormView(
            action="resume",
            label="Resume",
            explained=last if len(holding) == 1 else "It stays off while another reason holds.",
            field="reason",
            field_label="Lift the reason",
            choices=_reasons(holding),
        )
    free = set(SuspensionReason) - holding
    if is_possible(Intent.SUSPEND, state) and free:
        yield OrderFormView(
            action="suspend",
            label="Suspend",
            explained="The ONT stays registered and carries nothing until it is resumed.",
            field="reason",
            field_label="Reason",
            choices=_reasons(free),
        )
    if is_possible(Intent.CHANGE, state) and story.others:
        yield OrderFormView(
            action="change",
            label="Change product",
            explained="Profiles and speed on the OLT are changed at once.",
            field="product",
            field_label="New product",
            choices=tuple(_products(story)),
        )
    if is_possible(Intent.REPROVISION, state):
        yield OrderFormView(
            action="reprovision",
            label="Re-provision",
            explained="The OLT is brought back to what the records say: the ONT is registered "
            "where it is gone; profiles, VLAN and speed are set right, and whether it is on.",
        )
    if is_possible(Intent.DISCONNECT, state):
        yield OrderFormView(
            action="disconnect",
            label="Disconnect",
            explained="The ONT is removed from the OLT and the service ends for good. To have it "
            "back, a new one is ordered.",
            field="reason",
            field_label="Reason",
            choices=tuple(
                Choice(value=code, label=words, is_chosen=False) for code, words in ENDINGS.items()
            ),
        )


def _products(story: ServiceStory) -> Iterable[Choice]:
    for each in story.others:
        label = f"{each.name}, {each.down_mbps}/{each.up_mbps} Mbit/s"
        is_newer = each.code == story.product.code
        yield Choice(
            value=each.code, label=f"{label}, newest terms" if is_newer else label, is_chosen=False
        )


def _reasons(reasons: set[SuspensionReason]) -> tuple[Choice, ...]:
    return tuple(
        Choice(value=reason, label=words, is_chosen=False)
        for reason, words in REASON_WORDS.items()
        if reason in reasons
    )
