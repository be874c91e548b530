"""The page of one service, from its story to the view. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from billing_bridge.money import format_money
from server.console import wording
from server.console.views import frame
from server.console.wording import MINUS, phrase
from server.fulfilment.fallout_view import WHAT
from server.fulfilment.reasons import reason_of
from server.fulfilment.records import Intent, Process, ProcessState
from server.jobs.list_view import state_chip as job_chip
from server.jobs.views import Chip, Fact
from server.jobs.words import Tone
from server.orders.records import OrderState
from server.people.records import SignedIn
from server.services.records import ServiceState, SuspensionReason
from server.support.doing_view import doing_view
from server.support.line_view import MAY_LOOK, line_view
from server.support.search import FOUND_MAX, LETTERS_MIN, FoundService
from server.support.story import Ordered, ServiceStory
from server.support.views import (
    FoundView,
    LookView,
    OrdersView,
    OrderView,
    SearchView,
    ServiceStateView,
    ServiceView,
)

SECTION: Final = "services"
PATH: Final = "/services"
STATE_TONES: Final[Mapping[ServiceState, Tone]] = {
    ServiceState.ACTIVE: Tone.GOOD,
    ServiceState.SUSPENDED: Tone.ATTENTION,
    ServiceState.TERMINATED: Tone.QUIET,
    ServiceState.DESIGNED: Tone.WAITING,
    ServiceState.RESERVED: Tone.WAITING,
}
REASONS: Final[Mapping[SuspensionReason, str]] = {
    SuspensionReason.NON_PAYMENT: "Not paid",
    SuspensionReason.VACATION: "Vacation",
    SuspensionReason.FRAUD: "Fraud",
}
_ORDER_CHIPS: Final[Mapping[OrderState, Chip]] = {
    OrderState.IN_PROGRESS: Chip(label="In progress", tone=Tone.MOVING),
    OrderState.COMPLETED: Chip(label="Completed", tone=Tone.GOOD),
    OrderState.CANCELLED: Chip(label="Cancelled", tone=Tone.QUIET),
    OrderState.FAILED: Chip(label="Failed", tone=Tone.ATTENTION),
}


def search_view(found: tuple[FoundService, ...], text: str, *, signed_in: SignedIn) -> SearchView:
    """Say what was found; one line more than fits says that there is more."""
    if not text:
        note = ""
    elif len(text) < LETTERS_MIN:
        note = f"Type {LETTERS_MIN} letters or more."
    elif not found:
        note = "No service matches. Try the account number, the street, or the serial on the ONT."
    else:
        note = f"Only the newest {FOUND_MAX} are shown. Type more." if is_cut(found) else ""
    return SearchView(
        frame=frame(signed_in, "Services", section=SECTION),
        text=text,
        rows=tuple(map(found_view, found[:FOUND_MAX])),
        note=note,
    )


def is_cut(found: tuple[FoundService, ...]) -> bool:
    """Say whether more was found than is shown."""
    return len(found) > FOUND_MAX


def found_view(found: FoundService, *, state: Chip | None = None) -> FoundView:
    """Say what one line says; ``state`` in place of that of the service."""
    return FoundView(
        id=found.id,
        account=found.account,
        account_number=found.account_number,
        where=f"{found.address}, {found.city}",
        product=found.product,
        state=state or state_chip(found.state),
        serial=found.ont_serial or "no ONT",
    )


def service_view(
    story: ServiceStory, now: datetime, *, signed_in: SignedIn, look: LookView | None = None
) -> ServiceView:
    """Say what the page says."""
    who = story.subscriber
    return ServiceView(
        frame=frame(signed_in, who.account, section=SECTION),
        id=story.service.id,
        account=who.account,
        account_number=who.account_number,
        where=f"{who.address}, {who.city}",
        facts=tuple(_facts(story)),
        standing=standing_view(story),
        line=line_view(story, now),
        may_look=signed_in.user.role in MAY_LOOK and story.own is not None,
        look=look,
        doing=doing_view(story, signed_in=signed_in),
        orders=orders_view(story),
        billing=tuple(_billing(story)),
    )


def standing_view(story: ServiceStory) -> ServiceStateView:
    """Say where the service stands."""
    service, zone = story.service, story.subscriber.zone
    named = (
        ("Completed on site", service.completed_at),
        ("Received", service.received_at),
        ("Live", service.live_at),
    )
    return ServiceStateView(
        state=state_chip(service.state),
        suspended=tuple(
            Fact(name=REASONS[each.reason], value=wording.moment(each.begun_at, zone))
            for each in story.suspensions
        ),
        instants=tuple(
            Fact(name=name, value=wording.moment(at, zone) if at else "not yet")
            for name, at in named
        ),
    )


def orders_view(story: ServiceStory) -> OrdersView:
    """Say what was ordered, and what each order waits for."""
    return OrdersView(
        rows=tuple(_order_view(each, story) for each in story.orders),
        is_cut=story.orders_in_all > len(story.orders),
    )


def state_chip(state: ServiceState) -> Chip:
    """Word the state of a service."""
    return Chip(label=phrase(state), tone=STATE_TONES[state])


def _facts(story: ServiceStory) -> Iterable[Fact]:
    who, product = story.subscriber, story.product
    if who.phone:
        yield Fact(name="Phone", value=who.phone)
    yield Fact(
        name="Product",
        value=product.name,
        note=f"{product.code}, {product.down_mbps}/{product.up_mbps} Mbit/s",
    )
    yield Fact(name="ONT", value=story.service.ont_serial or "none yet")
    if story.own is None:
        yield Fact(name="Place", value="not registered on an OLT")
        return
    ref = story.own.allocation.ref
    port = f"{ref.port.frame}/{ref.port.slot}/{ref.port.port}:{ref.ont_id}"
    yield Fact(name="Place", value=f"{story.own.olt.name} {port}")


def _order_view(ordered: Ordered, story: ServiceStory) -> OrderView:
    zone = story.subscriber.zone
    process = next(
        (p for p in reversed(story.processes) if p.order_item_id == ordered.item_id), None
    )
    has_job = ordered.job_id is not None
    return OrderView(
        number=ordered.number,
        what=_what(ordered),
        placed=wording.moment(ordered.created_at, zone),
        state=_ORDER_CHIPS.get(ordered.state) or Chip(label=phrase(ordered.state), tone=Tone.QUIET),
        waiting_for=_waiting_for(ordered, process, zone),
        process_url=None if process is None else f"/processes/{process.id}",
        job_url=f"/jobs/{ordered.job_id}" if has_job else None,
        job=f"{ordered.job_number}, {_job_state(ordered)}" if has_job else "",
        evidence_url=f"/api/jobs/{ordered.job_id}/evidence-bundle" if ordered.is_signed else None,
    )


def _what(ordered: Ordered) -> str:
    if ordered.intent is not None:
        reason = f", {phrase(ordered.reason).lower()}" if ordered.reason else ""
        return f"{WHAT[Intent(ordered.intent)]}{reason}"
    return phrase(ordered.job_kind or "order")


def _job_state(ordered: Ordered) -> str:
    return "" if ordered.job_state is None else job_chip(ordered.job_state).label.lower()


def _waiting_for(ordered: Ordered, process: Process | None, zone: str) -> str:
    """Say what an order waits for, since when; nothing where it is over."""
    if ordered.state is not OrderState.IN_PROGRESS:
        return ""
    if process is None:
        if ordered.job_starts_at is None or ordered.job_ends_at is None:
            return ""
        visit = wording.window(ordered.job_starts_at, ordered.job_ends_at, zone)
        return f"Waits for the visit, {visit}"
    if process.state is ProcessState.DONE:
        return ""
    since = wording.moment(process.updated_at, zone)
    if process.code is None:
        return "On its way"
    return f"{reason_of(process.code).words}, since {since}"


def _billing(story: ServiceStory) -> Iterable[Fact]:
    start = story.service.billing_start
    zone = story.subscriber.billing_zone
    yield Fact(name="Billed from", value=f"{start:%-d %b %Y}" if start else "not yet", note=zone)
    for line in story.charges:
        period = f"{line.period_start:%-d %b %Y} until before {line.period_end:%-d %b %Y}"
        amount = format_money(line.amount_minor, line.currency).replace("-", MINUS)
        yield Fact(name=phrase(line.charge_kind), value=amount, note=period)
