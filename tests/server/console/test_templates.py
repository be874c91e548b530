"""Every template, rendered from a view that its factory makes."""

from collections.abc import Callable, Mapping
from uuid import UUID

import jinja2
import msgspec
import pytest
from jinja2 import nodes

from server.console.templates import FOLDER, environment, render
from server.console.views import Frame, NoticeView, ProblemView
from server.issues.views import IssueListView, IssueRowView, ValueView
from server.jobs.views import (
    AssignView,
    Chip,
    Choice,
    EvidenceItem,
    EvidenceView,
    Fact,
    GaugeView,
    Instant,
    JobListView,
    JobRowView,
    JobView,
    PathNode,
    PhotoView,
    PlantView,
    StateTab,
    StateView,
    TimelineLine,
    TimelineView,
)
from server.jobs.words import Tone
from server.people.views import SignInView
from tests.server.console import process_views, service_views

HOSTILE = '<script>alert("x")</script>'
ID = UUID(int=1)


def a_frame() -> Frame:
    return Frame(title=HOSTILE, user_name=HOSTILE, role="noc", csrf_token="token", section="jobs")


def an_assign(*, target: str = "closest tr") -> AssignView:
    return AssignView(
        job_id=ID,
        number=HOSTILE,
        csrf_token="token",
        technicians=(Choice(value=str(ID), label=HOSTILE, is_chosen=True),),
        action="Assign",
        target=target,
    )


def a_row() -> JobRowView:
    return JobRowView(
        id=ID,
        number=HOSTILE,
        kind="Install",
        day="Thu 2 Jul 2026",
        hours="14:00",
        address=HOSTILE,
        city=HOSTILE,
        product=HOSTILE,
        state=Chip(label="Assigned", tone=Tone.QUIET),
        assignee=HOSTILE,
        assign=an_assign(),
        is_fresh=True,
    )


def a_list() -> JobListView:
    without = msgspec.structs.replace(a_row(), assign=None)
    return JobListView(
        frame=a_frame(),
        tabs=(StateTab(label="All", count=2, url="/jobs", is_chosen=True),),
        state="",
        technicians=(Choice(value=str(ID), label=HOSTILE, is_chosen=False),),
        day="2026-07-02",
        day_note="Europe/Berlin",
        rows=(a_row(), without),
        page=2,
        previous_url="/jobs",
        next_url="/jobs?page=3",
    )


def a_state() -> StateView:
    return StateView(
        state=Chip(label="Completed", tone=Tone.GOOD),
        assignee=HOSTILE,
        service=Chip(label="Service active", tone=Tone.GOOD),
        instants=(
            Instant(name="Completed", time="14:02 CEST", day="Thu"),
            Instant(name="Service live", time=None, day=""),
        ),
    )


def a_photo(*, is_drawn: bool) -> PhotoView:
    return PhotoView(url="/jobs/1/photos/2", label=HOSTILE, is_drawn=is_drawn)


def an_evidence() -> EvidenceView:
    return EvidenceView(
        items=tuple(
            EvidenceItem(
                name="Photo", value=HOSTILE, note=HOSTILE, is_there=there, tone=tone, photo=photo
            )
            for there in (True, False)
            for tone in Tone
            for photo in (None, a_photo(is_drawn=True), a_photo(is_drawn=False))
        ),
        there=1,
        required=5,
        gauge=GaugeView(
            predicted_x=10,
            band_x=1,
            band_width=20,
            reading_x=12,
            ticks=((0, "-32"),),
            label=HOSTILE,
        ),
        bundle_url="/api/jobs/1/evidence-bundle",
    )


def a_timeline() -> TimelineView:
    line = TimelineLine(
        id=ID,
        day="Thu 2 Jul 2026",
        time="14:02:00",
        machine_time="2026-07-02T12:02:00+00:00",
        text=HOSTILE,
        note=HOSTILE,
        actor=HOSTILE,
        tone=Tone.GOOD,
        is_fresh=True,
    )
    return TimelineView(lines=(line,), zone="CEST", is_cut=True)


def a_job() -> JobView:
    return JobView(
        frame=a_frame(),
        id=ID,
        service_id=ID,
        number=HOSTILE,
        kind="Install",
        window="Thu",
        customer=HOSTILE,
        phone=HOSTILE,
        address=HOSTILE,
        coordinates="52.5, 13.4",
        facts=(Fact(name=HOSTILE, value=HOSTILE, note=HOSTILE),),
        plant=PlantView(
            nodes=(PathNode(kind="OLT", name=HOSTILE, loss=HOSTILE),),
            predicted="-19.1 dBm",
            problem=HOSTILE,
        ),
        state=a_state(),
        evidence=an_evidence(),
        timeline=a_timeline(),
        assign=an_assign(target=""),
    )


def an_issue() -> IssueRowView:
    return IssueRowView(
        id=ID,
        csrf_token="token",
        kind=Chip(label="Both values kept", tone=Tone.ATTENTION),
        story=HOSTILE,
        technician=HOSTILE,
        at="Thu 2 Jul 2026",
        job_url="/jobs/1",
        job=HOSTILE,
        field="Access notes",
        values=(ValueView(by=HOSTILE, text=HOSTILE, stands=True),),
        standing=HOSTILE,
        seen_version=2,
        answered=HOSTILE,
        closings=(Choice(value="as_it_is", label="Close as it is", is_chosen=False),),
    )


def an_issue_list() -> IssueListView:
    return IssueListView(
        frame=a_frame(),
        kinds=(Choice(value="parked", label=HOSTILE, is_chosen=True),),
        technicians=(Choice(value=str(ID), label=HOSTILE, is_chosen=False),),
        rows=(an_issue(),),
        first_url="/issues",
        next_url="/issues?older_than=1",
    )


# Which view each template is written for. A base has none of its own: it is rendered by its pages.
VIEWS: Mapping[str, Callable[[], msgspec.Struct]] = {
    "console/_notice.html": lambda: NoticeView(heading=HOSTILE, detail=HOSTILE),
    "console/problem.html": lambda: ProblemView(status=404, heading=HOSTILE, detail=HOSTILE),
    "issues/_issue.html": an_issue,
    "issues/list.html": an_issue_list,
    "jobs/_assign.html": an_assign,
    "jobs/_evidence.html": an_evidence,
    "jobs/_row.html": a_row,
    "jobs/_state.html": a_state,
    "jobs/_timeline.html": a_timeline,
    "jobs/job.html": a_job,
    "jobs/list.html": a_list,
    "people/sign_in.html": lambda: SignInView(
        operator=HOSTILE, email=HOSTILE, then=HOSTILE, problem=HOSTILE
    ),
    **process_views.VIEWS,
    **service_views.VIEWS,
}
PARTS = {"fallout/_count.html", "services/_facts.html"}
"""Rendered by their pages: a number alone, and a list without a view of its own."""
BASES = {"console/base.html", "console/page.html"}


def test_every_template_has_a_view() -> None:
    files = {file.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("*.html")}

    assert files == VIEWS.keys() | PARTS | BASES


@pytest.mark.parametrize("name", VIEWS)
def test_a_template_renders_its_view_and_lets_no_markup_through(name: str) -> None:
    html = render(name, VIEWS[name]())

    assert html.strip()
    assert "alert(" in html
    assert HOSTILE not in html


@pytest.mark.parametrize("name", VIEWS)
def test_a_template_reads_only_names_that_its_view_has_and_reads_them_all(name: str) -> None:
    """What a view holds and no template shows is dead; what a template asks for must be there."""
    view = VIEWS[name]()
    asked = _asked_of_view(name)

    assert asked - set(view.__struct_fields__) == set()
    assert set(view.__struct_fields__) - asked - {"id"} == set()


def test_a_missing_name_is_an_error_and_not_an_empty_cell() -> None:
    with pytest.raises(jinja2.UndefinedError, match="no attribute 'heading'"):
        render("console/_notice.html", a_frame())


def test_what_needs_no_view_still_renders() -> None:
    assert render("jobs/_assign.html", None).strip() == ""
    assert "Nothing has happened yet" in render(
        "jobs/_timeline.html", TimelineView(lines=(), zone="CEST", is_cut=False)
    )


def _asked_of_view(name: str) -> set[str]:
    """Find ``view.something`` in a template and in the bases it extends."""
    source = (FOLDER / name).read_text(encoding="utf-8")
    tree = environment().parse(source)
    asked = {
        found.attr
        for found in tree.find_all(nodes.Getattr)
        if isinstance(found.node, nodes.Name) and found.node.name == "view"
    }
    for base in tree.find_all(nodes.Extends):
        assert isinstance(base.template, nodes.Const)
        asked |= _asked_of_view(str(base.template.value))
    return asked
