"""What is to be looked at on a visit of this kind: yes, no or does not apply, each saved by itself.

The last answer to a check stands; the ones before stay in the record.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.findings import CheckEntry, NotACheck, record_check
from field_client.pages import words
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.visit.options import Option
from field_client.pages.visit.screens import answer_part
from field_client.pages.wording import clock
from field_client.replica.views import JobView
from field_client.visit import Step
from sync_protocol.ids import JobId
from sync_protocol.operations import Answer, Check
from sync_protocol.quoting import quoted
from sync_protocol.visits import CHECKS, KINDS

_REMARK_MAX, _VALUE_MAX = 4000, 200
_TONES: Final = {Answer.YES: "good", Answer.NO: "attention", Answer.NOT_APPLICABLE: "quiet"}


class CheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """One check with its answer. ``visit/_check.html``."""

    code: str
    name: str
    url: str
    answers: tuple[Option, ...]
    tone: str
    measured: str
    """What may be measured for it; empty: nothing, or it is not answered yet."""
    value: str
    asks_remark: bool
    asks_why: bool
    """Of an answer that will be asked about."""
    remark: str
    at: str


class ChecksView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/checks.html``."""

    rows: tuple[CheckRow, ...]


def checks_view(view: JobView, say: Language) -> ChecksView:
    """Make the view: the checks of the kind, then whatever else was checked."""
    return ChecksView(rows=tuple(check_row(view, code, say) for code in _codes(view)))


def _codes(view: JobView) -> Iterable[str]:
    planned = [check.code for check in KINDS[view.card.kind].checks]
    return (*planned, *(code for code in view.latest.checks if code not in planned))


def check_row(view: JobView, code: str, say: Language) -> CheckRow:
    """Show a check with the answer that stands."""
    last = view.latest.checks.get(code)
    body = None if last is None else last.capture.body
    answered = body if isinstance(body, Check) else None
    known = CHECKS.get(code)
    measured = "" if known is None or answered is None else known.measured
    return CheckRow(
        code=code,
        name=words.check_name(code, say),
        url=f"/jobs/{view.card.id}/checks/{code}",
        answers=tuple(
            Option(value=answer, text=say(text), is_chosen=answer is _answer_of(answered))
            for answer, text in words.ANSWERS.items()
        ),
        tone="" if answered is None else _TONES[answered.answer],
        measured=say(measured) if measured else "",
        value=(answered.value or "") if answered else "",
        asks_remark=answered is not None and (bool(answered.remark) or _is_no(answered)),
        asks_why=answered is not None and _is_no(answered),
        remark=answered.remark if answered else "",
        at="" if last is None else clock(last.capture.at.wall, view.card.zone, say),
    )


def _answer_of(answered: Check | None) -> Answer | None:
    return None if answered is None else answered.answer


def _is_no(answered: Check) -> bool:
    return answered.answer is Answer.NO


@post("/jobs/{job_id:uuid}/checks/{code:str}", status_code=200)
async def answer_check(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId], code: FromPath[str]
) -> Response[str]:
    """Record an answer, with what was measured and remarked so far.

    Raises:
        NotACheck: that is no check, or no answer to one; nothing was recorded.
    """
    form = await read_form(request)
    answer = form.get("answer", "")
    if answer not in words.ANSWERS:
        raise NotACheck(f"{quoted(answer)} is no answer; possible: {', '.join(words.ANSWERS)}")
    entry = CheckEntry(
        answer=Answer(answer),
        value=form.get("value", "").strip()[:_VALUE_MAX] or None,
        remark=form.get("remark", "").strip()[:_REMARK_MAX],
    )
    await desk.agent.enter(record_check, job_id, code, entry)
    view = await load_job(desk, job_id)
    part = check_row(view, code, desk.say)
    return answer_part(desk, view, Step.CHECKS, "_check_part.html", part)
