"""All jobs of this tablet by day, page by page, and finding one by number, name or address."""

import enum
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Annotated, Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from field_client.pages.frame import Desk
from field_client.pages.job_cards import DayView, card_view
from field_client.pages.languages import N_, Language
from field_client.pages.paging import Pages, is_found, page_of
from field_client.pages.planning import Plan, plan, soon_and_later, today_of
from field_client.pages.wording import day
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.memory import list_changed_since_seen
from sync_protocol.ids import JobId

_SHOWN_MAX: Final = 40


class Which(enum.StrEnum):
    """Which jobs are asked for."""

    ALL = "all"
    OVERDUE = "overdue"
    LATER = "later"
    DONE = "done"


_TITLES: Final = {
    Which.ALL: N_("All my jobs"),
    Which.OVERDUE: N_("From before today"),
    Which.LATER: N_("Later days"),
    Which.DONE: N_("Done"),
}


class AllJobsView(msgspec.Struct, frozen=True, kw_only=True):
    """``all_jobs.html``."""

    typed: str
    which: str
    days: tuple[DayView, ...]
    pages: Pages


@get("/jobs")
async def show_jobs(
    desk: NamedDependency[Desk],
    q: Annotated[str, QueryParameter(max_length=100)] = "",
    which: Annotated[Which, QueryParameter()] = Which.ALL,
    page: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1,
) -> Response[str]:
    """Show a page of the jobs that are asked for."""
    cards = await desk.agent.store.read(list_jobs)
    today = today_of(cards, desk.agent.now())
    named = [
        (name, card)
        for name, card in named_cards(plan(cards, today), which, today, desk.say)
        if is_found(q, (card.number, card.customer_name, card.address))
    ]
    query = {"q": q, "which": "" if which is Which.ALL else which.value}
    shown, pages = page_of(named, page, _SHOWN_MAX, ("/jobs", query))
    changed = await desk.agent.store.read(list_changed_since_seen, tuple(card for _, card in shown))
    view = AllJobsView(
        typed=q, which=query["which"], days=tuple(_days(shown, changed, desk.say)), pages=pages
    )
    return await desk.page(
        "all_jobs.html", view, title=desk.say(_TITLES[which]), back="/", section="jobs"
    )


def named_cards(
    planned: Plan, which: Which, today: date, say: Language
) -> Iterator[tuple[str, JobCard]]:
    """List jobs under the name of their day. Pure."""
    if which in {Which.ALL, Which.OVERDUE}:
        yield from ((say("From before today"), card) for card in planned.overdue)
    if which in {Which.ALL, Which.LATER}:
        _, later = soon_and_later(planned.days, today)
        for each in later if which is Which.LATER else planned.days:
            name = day(each.on, today, say)
            yield from ((name, card) for card in each.cards)
    if which in {Which.ALL, Which.DONE}:
        yield from ((say("Done"), card) for card in reversed(planned.ended))


def _days(
    named: Iterable[tuple[str, JobCard]], changed: frozenset[JobId], say: Language
) -> Iterator[DayView]:
    for name, group in groupby(named, key=lambda each: each[0]):
        yield DayView(
            name=name,
            cards=tuple(card_view(card, say, is_changed=card.id in changed) for _, card in group),
        )
