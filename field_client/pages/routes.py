"""The pages as a whole: their routes behind one way of explaining what went wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Response, Router
from litestar.di import Provide
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from field_client.agent import Agent
from field_client.browser_door import BrowserDoor
from field_client.pages.all_jobs import show_jobs
from field_client.pages.assets import asset_routes
from field_client.pages.complaints import KNOWN, complaint
from field_client.pages.corrections import correct, show_correct
from field_client.pages.earlier_photos import send_earlier_photo, show_earlier_photo
from field_client.pages.enrolment import enrol, read_code, read_code_frame, show_enrolment
from field_client.pages.fields import keep_draft, set_field
from field_client.pages.frame import Desk, PageRequest, Theme, looks_found, provide_desk
from field_client.pages.issues import give_answer, show_issues
from field_client.pages.job import show_job
from field_client.pages.launch import launch
from field_client.pages.lock import change_pin, lock_now, show_lock, start_over, unlock
from field_client.pages.new_job import begin_beside, begin_job, show_new_job
from field_client.pages.notes import add_note
from field_client.pages.onts import fill_in_ont, move_ont, show_onts
from field_client.pages.queue import send_now, show_chip, show_queue, switch_sending
from field_client.pages.settings_page import change_settings, show_settings
from field_client.pages.stock import show_stock, show_stocked
from field_client.pages.templates import html, render
from field_client.pages.today import show_today
from field_client.pages.visit.cannot_finish import give_up, show_cannot_finish
from field_client.pages.visit.checks import answer_check
from field_client.pages.visit.finish import choose_code, finish
from field_client.pages.visit.light import keep_meter, record_light
from field_client.pages.visit.photos import add_photo, show_file
from field_client.pages.visit.position import tell_position
from field_client.pages.visit.receipt import show_receipt
from field_client.pages.visit.scan import (
    name_old_ont,
    read_frame,
    read_label,
    read_old_label,
    record_serial,
    tell_old_ont,
)
from field_client.pages.visit.screen_of import show_step
from field_client.pages.visit.signature import sign
from field_client.pages.visit.travel import go_on, move
from field_client.problems import HANDLERS, status_of
from field_client.replica.held import NotEnrolled
from field_client.safety.key_files import TabletLocked
from field_client.safety.vault import Vault
from field_client.safety.wiping import TabletWiped

log = structlog.stdlib.get_logger()

_HANDLERS: Final[tuple[ControllerRouterHandler, ...]] = (
    launch, show_enrolment, enrol, read_code, read_code_frame, show_today, show_jobs,
    show_new_job, begin_job, begin_beside, show_job, set_field, keep_draft, add_note, show_correct,
    correct, show_onts, move_ont, fill_in_ont, show_earlier_photo, send_earlier_photo, go_on,
    show_step, move, tell_position, record_serial, read_frame, read_label, name_old_ont,
    read_old_label, tell_old_ont, record_light, keep_meter, add_photo, show_file, answer_check,
    sign, choose_code, finish, give_up, show_cannot_finish, show_receipt, show_queue, show_chip,
    send_now, switch_sending, show_issues, give_answer, show_stock, show_stocked, show_settings,
    change_settings,
)  # fmt: skip
_LOCK: Final[tuple[ControllerRouterHandler, ...]] = (
    show_lock, unlock, lock_now, start_over, change_pin,
)  # fmt: skip


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, in a sentence. ``problem.html`` and ``_complaint.html``."""

    text: str
    theme: Theme


def page_routes(tablet: Agent | Vault, door: BrowserDoor) -> tuple[ControllerRouterHandler, ...]:
    """Make the routes of the pages; an agent without a vault has nothing to lock."""

    async def give_desk(request: PageRequest) -> Desk:
        agent = tablet.agent() if isinstance(tablet, Vault) else tablet
        is_by_hand = request.method != "GET" or "HX-Request" not in request.headers
        if isinstance(tablet, Vault) and is_by_hand:
            tablet.touch()
        return await provide_desk(request, agent)

    def give_vault() -> Agent | Vault:
        return tablet  # only the handlers of the lock ask for it

    def give_door() -> BrowserDoor:
        return door

    pages = Router(
        path="/",
        route_handlers=(*_HANDLERS, *(_LOCK if isinstance(tablet, Vault) else ())),
        dependencies={
            "desk": Provide(give_desk),
            "door": Provide(give_door, sync_to_thread=False),
            "vault": Provide(give_vault, sync_to_thread=False),
        },
        exception_handlers=dict(_EXPLAINED),
    )
    return (pages, asset_routes())


def _to_enrolment(_request: PageRequest, _error: Exception) -> Response[Any]:
    return Redirect("/enrol", status_code=303)


def _to_lock(request: PageRequest, _error: Exception) -> Response[Any]:
    if "HX-Request" in request.headers:
        return Response(b"", status_code=HTTPStatus.OK, headers={"HX-Redirect": "/lock"})
    return Redirect("/lock", status_code=303)


def _explain(request: PageRequest, error: Exception) -> Response[str]:
    """Explain what went wrong: beside the entry that htmx sent, else as a page of its own."""
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, KNOWN):
        log.error("page.failed", path=request.url.path, exc_info=error)
    looks = looks_found(request)
    view = ProblemView(text=complaint(error, looks.say), theme=looks.theme)
    if "HX-Request" in request.headers:
        answer = html(render(looks.say.code, "_complaint.html", view=view), status=status)
        answer.headers |= {"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"}
        return answer
    return html(render(looks.say.code, "problem.html", view=view), status=status)


_EXPLAINED: Final[Mapping[Any, Any]] = {
    **dict.fromkeys(HANDLERS, _explain),
    NotEnrolled: _to_enrolment,
    TabletLocked: _to_lock,
    TabletWiped: _to_lock,
}
