"""The end of a visit: with which code, what is missing for it, and what the office should know."""

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from field_client import capture
from field_client.old_ont import find_old_ont
from field_client.pages import words
from field_client.pages.captures import CaptureLine, capture_lines
from field_client.pages.fields import FieldView, field_views
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.visit.screens import answer_part, answer_screen
from field_client.pages.visit.strip import step_url
from field_client.pages.visit_words import CodeChoice, choices
from field_client.replica.memory import CODE_DRAFT, drop_drafts, store_draft
from field_client.replica.views import JobView
from field_client.visit import Step, is_open, step_of, steps_of, unanswered
from sync_protocol.ids import JobId
from sync_protocol.operations import Answer, Check
from sync_protocol.visit_codes import check_done
from sync_protocol.visits import KINDS

_REMARK = "technician_remark"


class Todo(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not done, and where to do it."""

    name: str
    url: str


class FinishView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/finish.html``, and its part ``visit/_todo.html``, which follows the code."""

    url: str
    code_url: str
    missing: tuple[Todo, ...]
    """Without it the job cannot be finished."""
    noticed: tuple[Todo, ...]
    """It may be finished all the same; the office will ask."""
    codes: tuple[CodeChoice, ...]
    captures: tuple[CaptureLine, ...]
    fields: tuple[FieldView, ...]
    cannot_finish_url: str
    is_over: bool
    receipt_url: str


def finish_view(view: JobView, say: Language) -> FinishView:
    """Make the view."""
    url = f"/jobs/{view.card.id}"
    return FinishView(
        url=f"{url}/finish",
        code_url=f"{url}/code",
        missing=tuple(_missing(view, name, say) for name in view.missing),
        noticed=_noticed(view, say),
        codes=choices(KINDS[view.card.kind].done, view.code, say),
        captures=capture_lines(view, say),
        fields=tuple(field for field in field_views(view, say) if field.name == _REMARK),
        cannot_finish_url=f"{url}/cannot-finish",
        is_over=not is_open(view),
        receipt_url=f"{url}/receipt",
    )


def _missing(view: JobView, name: str, say: Language) -> Todo:
    step, subject = step_of(name), name.partition(":")[2]
    photo = say("Photo: %(name)s", name=words.photo_name(subject, say))
    names = {
        Step.SCAN: say("ONT serial"),
        Step.LIGHT: say("Light level"),
        Step.SIGNATURE: say("Signature"),
    }
    return Todo(name=names.get(step, photo), url=step_url(view, step))


def _noticed(view: JobView, say: Language) -> tuple[Todo, ...]:
    """Name what nobody has to do for the job to be finished, and should be looked at."""
    noticed = [
        *(say("Not answered: %(check)s", check=_named(code, say)) for code in unanswered(view)),
        *(_refused(body, say) for body in _answers(view) if body.answer is Answer.NO),
    ]
    todos = [Todo(name=name, url=step_url(view, Step.CHECKS)) for name in noticed]
    if Step.SCAN in steps_of(view.card.kind) and find_old_ont(view).is_open:
        asked = say("Not said: what became of the old ONT")
        todos.insert(0, Todo(name=asked, url=step_url(view, Step.SCAN)))
    return tuple(todos)


def _answers(view: JobView) -> tuple[Check, ...]:
    bodies = (item.capture.body for item in view.latest.checks.values())
    return tuple(body for body in bodies if isinstance(body, Check))


def _refused(body: Check, say: Language) -> str:
    why = f" ({body.remark})" if body.remark else ""
    return say("Answered no: %(check)s", check=_named(body.name, say)) + why


def _named(code: str, say: Language) -> str:
    return words.check_name(code, say)


@post("/jobs/{job_id:uuid}/code", status_code=200)
async def choose_code(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Keep the chosen code, and show what is missing for it.

    Raises:
        NotAVisitCode: nothing was kept.
    """
    code = check_done((await read_form(request)).get(CODE_DRAFT, ""))
    await desk.agent.store.write(store_draft, job_id, CODE_DRAFT, code, desk.agent.now())
    view = await load_job(desk, job_id)
    return answer_part(desk, view, Step.FINISH, "_todo.html", finish_view(view, desk.say))


@post("/jobs/{job_id:uuid}/finish", status_code=303)
async def finish(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Redirect | Response[str]:
    """Finish the job, or show what is missing."""
    code = (await read_form(request)).get(CODE_DRAFT, "")
    ended = await desk.agent.complete(job_id, code)
    if isinstance(ended, capture.Completed):
        await desk.agent.store.write(drop_drafts, job_id)
        return Redirect(f"/jobs/{job_id}/receipt", status_code=303)
    await desk.agent.store.write(store_draft, job_id, CODE_DRAFT, code, desk.agent.now())
    view = await load_job(desk, job_id)
    answer = await answer_screen(desk, view, Step.FINISH, finish_view(view, desk.say))
    answer.status_code = 409
    return answer
