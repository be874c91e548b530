"""The first page: today and tomorrow whole, in the order of the drive; the rest by a link."""

from datetime import datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from field_client.pages.frame import Desk
from field_client.pages.job_cards import CardView, DayView, card_view, stop_view
from field_client.pages.languages import Language
from field_client.pages.planning import in_travel_order, plan, soon_and_later, today_of
from field_client.pages.wording import day, local_date
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.memory import list_changed_since_seen
from field_client.replica.queue import count_waiting
from field_client.replica.state import find_enrolment
from field_client.storage import Connection
from sync_protocol.ids import JobId

_BESIDE_MAX = 20
"""Of what should have been done before, and of what is done."""
_SEARCHED_FROM = 9
"""How many jobs one sees at a glance no longer."""


class TodayView(msgspec.Struct, frozen=True, kw_only=True):
    """The first page. ``today.html``."""

    technician: str
    is_searched: bool
    overdue: tuple[CardView, ...]
    more_overdue: int
    days: tuple[DayView, ...]
    ended: tuple[CardView, ...]
    more_ended: int
    later: int
    """How many jobs lie beyond the days shown."""
    is_ready: bool
    """Everything that was entered is sent and the jobs are from today: one may drive off."""


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    technician: str
    cards: tuple[JobCard, ...]
    changed: frozenset[JobId]
    waits: bool
    last_synced_at: datetime | None


@get("/")
async def show_today(desk: NamedDependency[Desk]) -> Response[str]:
    """Show the days."""
    now = desk.agent.now()
    found = await desk.agent.store.read(_find)
    view = today_view(found, now, desk.say)
    return await desk.page("today.html", view, title=desk.say("My jobs"), section="jobs")


def _find(db: Connection) -> _Found:
    enrolment, waiting, cards = find_enrolment(db), count_waiting(db), list_jobs(db)
    return _Found(
        technician="" if enrolment is None else enrolment.technician_name,
        cards=cards,
        changed=list_changed_since_seen(db, cards),
        waits=bool(waiting.operations or waiting.blobs),
        last_synced_at=waiting.last_synced_at,
    )


def today_view(found: _Found, now: datetime, say: Language) -> TodayView:
    """Make the view; where nothing is planned for today or tomorrow, the next day is shown."""
    today = today_of(found.cards, now)
    planned = plan(found.cards, today)
    soon, later = soon_and_later(planned.days, today)

    def alone(card: JobCard) -> CardView:
        return card_view(card, say, is_changed=card.id in found.changed)

    return TodayView(
        technician=found.technician,
        is_searched=len(found.cards) >= _SEARCHED_FROM,
        overdue=tuple(map(alone, planned.overdue[:_BESIDE_MAX])),
        more_overdue=len(planned.overdue[_BESIDE_MAX:]),
        days=tuple(
            DayView(
                name=day(each.on, today, say),
                cards=tuple(
                    stop_view(stop, say, is_changed=stop.card.id in found.changed)
                    for stop in in_travel_order(each.cards)
                ),
            )
            for each in soon
        ),
        ended=tuple(map(alone, planned.ended[-_BESIDE_MAX:])),
        more_ended=len(planned.ended[:-_BESIDE_MAX]),
        later=sum(len(each.cards) for each in later),
        is_ready=not found.waits
        and found.last_synced_at is not None
        and local_date(found.last_synced_at, found.cards[0].zone if found.cards else "UTC")
        == today,
    )
