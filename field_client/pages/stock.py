"""The van: its ONTs by the office's list and by what was done here since, and supported models."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter

from field_client.pages import words
from field_client.pages.frame import Desk
from field_client.pages.languages import Language
from field_client.pages.paging import Pages, is_found, page_of
from field_client.pages.planning import plan, today_of
from field_client.pages.wording import moment
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.onts import list_onts_said
from field_client.replica.views import get_briefing
from field_client.serial_checks import is_supported, stock_of
from field_client.storage import Connection
from field_client.van import Mark, VanOnt, van_now
from sync_protocol.briefing import Briefing, OntModel
from sync_protocol.documents import JobKind
from sync_protocol.jobs import OPEN_STATES, JobState

_SHOWN_MAX: Final = 40
_JOBS_MAX: Final = 20
_TONES: Final[Mapping[Mark, str]] = {
    Mark.SCANNED: "moving",
    Mark.INSTALLED: "good",
    Mark.RECOVERED: "waiting",
    Mark.DEFECTIVE: "attention",
}
_GAVE_UP: Final = frozenset({JobState.NOT_DONE, JobState.ABORTED, JobState.CANCELLED})


class OntLine(msgspec.Struct, frozen=True, kw_only=True):
    """An ONT of the van. ``_stocked.html``."""

    url: str
    serial: str
    model: str
    since: str
    mark: str
    """What was said of it on this tablet since the list was made; empty: nothing."""
    tone: str
    job: str
    is_unsupported: bool


class StockView(msgspec.Struct, frozen=True, kw_only=True):
    """``stock.html``."""

    typed: str
    only_changed: bool
    changed: int
    total: int
    is_listed: bool
    """False: the office has sent no list of this van."""
    onts: tuple[OntLine, ...]
    pages: Pages
    models: tuple[str, ...] | None


class JobChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A job with which something can be told of an ONT."""

    url: str
    text: str
    detail: str


class StockedView(msgspec.Struct, frozen=True, kw_only=True):
    """One ONT of the van, and where to tell that it is defective. ``stocked.html``."""

    ont: OntLine
    jobs: tuple[JobChoice, ...]


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    briefing: Briefing | None
    onts: tuple[VanOnt, ...]
    cards: tuple[JobCard, ...]


@get("/stock")
async def show_stock(
    desk: NamedDependency[Desk],
    q: Annotated[str, QueryParameter(max_length=100)] = "",
    show: Annotated[str, QueryParameter(max_length=20)] = "",
    page: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1,
) -> Response[str]:
    """Show the van."""
    found = await desk.agent.store.read(_find)
    view = stock_view(found, (q, show == "changed", page), desk.say)
    return await desk.page("stock.html", view, title=desk.say("In the van"), section="stock")


def _find(db: Connection) -> _Found:
    briefing, cards = get_briefing(db), list_jobs(db)
    staying = {
        card.id
        for card in cards
        if card.kind is not JobKind.DISCONNECT and card.state not in _GAVE_UP
    }
    listed = () if briefing is None else briefing.van_stock
    return _Found(briefing=briefing, onts=van_now(listed, list_onts_said(db), staying), cards=cards)


def stock_view(found: _Found, asked: tuple[str, bool, int], say: Language) -> StockView:
    """Make the view of what was asked for: words, only what has changed, which page."""
    typed, only_changed, number = asked
    fitting = [
        ont
        for ont in found.onts
        if is_found(typed, (ont.serial, ont.model)) and (ont.said is not None or not only_changed)
    ]
    query = {"q": typed, "show": "changed" if only_changed else ""}
    shown, pages = page_of(fitting, number, _SHOWN_MAX, ("/stock", query))
    models = None if found.briefing is None else found.briefing.supported_models
    return StockView(
        typed=typed,
        only_changed=only_changed,
        changed=sum(ont.said is not None for ont in found.onts),
        total=len(found.onts),
        is_listed=found.briefing is not None and bool(found.briefing.van_stock),
        onts=tuple(_lines(shown, found, say)),
        pages=pages,
        models=None if models is None else tuple(_model(each) for each in models),
    )


def _lines(onts: Iterable[VanOnt], found: _Found, say: Language) -> Iterable[OntLine]:
    cards = {card.id: card for card in found.cards}
    zone = found.cards[0].zone if found.cards else "UTC"
    stock = stock_of(found.briefing)
    for ont in onts:
        said, at = ont.said, _instant(ont.since, zone, say)
        card = None if said is None else cards.get(said.job_id)
        yield OntLine(
            url=f"/stock/{ont.serial}",
            serial=ont.serial,
            model=ont.model or say("model not known"),
            since=say("since %(when)s", when=at) if at else "",
            mark="" if said is None else say(words.MARKS[said.mark]),
            tone="quiet" if said is None else _TONES[said.mark],
            job="" if card is None else f"{card.number}, {card.address}",
            is_unsupported=bool(ont.model) and not is_supported(ont.model, stock),
        )


def _instant(at: datetime | None, zone: str, say: Language) -> str:
    return "" if at is None else moment(at, zone, say)


def _model(model: OntModel) -> str:
    return " · ".join(each for each in (model.model, model.vendor, model.note) if each)


@get("/stock/{serial:str}")
async def show_stocked(desk: NamedDependency[Desk], serial: FromPath[str]) -> Response[str]:
    """Show one ONT, and the jobs with which something can be told of it."""
    found = await desk.agent.store.read(_find)
    ont = next((each for each in found.onts if each.serial == serial), None)
    if ont is None:
        raise NotFoundException
    today = plan(found.cards, today_of(found.cards, desk.agent.now()))
    usual = (*today.overdue, *(card for day in today.days[:1] for card in day.cards))
    view = StockedView(
        ont=next(iter(_lines([ont], found, desk.say))),
        jobs=tuple(
            JobChoice(url=f"/jobs/{card.id}/onts/draft", text=card.number, detail=card.address)
            for card in usual[:_JOBS_MAX]
            if card.state in OPEN_STATES and not card.lingering
        ),
    )
    return await desk.page("stocked.html", view, title=ont.serial, back="/stock", section="stock")
