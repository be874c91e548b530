"""Views of the pages about services and the network, full of markup that must not come through."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from server.adoption.views import (
    DriftPageView,
    DriftView,
    OltReadView,
    ProcessSinceView,
    RepairView,
)
from server.alarms.views import AlarmView, FaultView, NetworkStateView, NetworkView
from server.jobs.views import Choice, Fact
from server.support.views import (
    AffectedView,
    DoingView,
    FoundView,
    LineView,
    LookView,
    OrderFormView,
    OrdersView,
    OrderView,
    SearchView,
    ServiceStateView,
    ServiceView,
    TroubleView,
)
from tests.server.console.process_views import CHIP, HOSTILE, ID, a_frame

FACTS: Final = (Fact(name=HOSTILE, value=HOSTILE, note=HOSTILE),)


def a_network_state() -> NetworkStateView:
    fault = FaultView(
        title=HOSTILE,
        state=CHIP,
        where=HOSTILE,
        since=HOSTILE,
        affected=HOSTILE,
        dark=HOSTILE,
        services_url=HOSTILE,
    )
    alarm = AlarmView(
        title=HOSTILE,
        severity=CHIP,
        where=HOSTILE,
        since=HOSTILE,
        detail=HOSTILE,
        service_url="/services/1",
    )
    return NetworkStateView(
        open_faults=(fault,),
        past_faults=(fault,),
        alarms=(alarm, msgspec.structs.replace(alarm, service_url=None)),
        first_url="/network",
        next_url="/network?older_than=1",
    )


def a_network() -> NetworkView:
    return NetworkView(frame=a_frame(), live_url="/network/live", moving=a_network_state())


def a_drift_page() -> DriftPageView:
    olt = OltReadView(
        name=HOSTILE,
        url="/network/drift?olt=1",
        is_chosen=True,
        read=HOSTILE,
        ports=HOSTILE,
        drifts=HOSTILE,
    )
    drift = DriftView(
        title=HOSTILE,
        where=HOSTILE,
        serial=HOSTILE,
        service_url="/services/1",
        detail=HOSTILE,
        since=HOSTILE,
        seen=HOSTILE,
        what_to_do=HOSTILE,
        process=None,
    )
    process = ProcessSinceView(url="/processes/1", what=HOSTILE, state=CHIP)
    return DriftPageView(
        frame=a_frame(),
        olts=(olt,),
        drifts=(drift, msgspec.structs.replace(drift, process=process)),
        next_url="/network/drift?2",
        repair=RepairView(csrf_token=HOSTILE, olt=HOSTILE, label=HOSTILE, explained=HOSTILE),
    )


def a_found() -> FoundView:
    return FoundView(
        id=ID,
        account=HOSTILE,
        account_number=HOSTILE,
        where=HOSTILE,
        product=HOSTILE,
        state=CHIP,
        serial=HOSTILE,
    )


def a_search() -> SearchView:
    return SearchView(frame=a_frame(), text=HOSTILE, rows=(a_found(),), note=HOSTILE)


def an_affected() -> AffectedView:
    return AffectedView(
        frame=a_frame(), title=HOSTILE, rows=(a_found(),), first_url="/1", next_url="/2"
    )


def a_standing() -> ServiceStateView:
    return ServiceStateView(state=CHIP, suspended=FACTS, instants=FACTS)


def a_line() -> LineView:
    troubles = tuple(TroubleView(text=HOSTILE, note=HOSTILE, url=url) for url in (None, "/network"))
    return LineView(state=CHIP, facts=FACTS, troubles=troubles)


def some_orders() -> OrdersView:
    order = OrderView(
        number=HOSTILE,
        what=HOSTILE,
        placed=HOSTILE,
        state=CHIP,
        waiting_for=HOSTILE,
        process_url="/processes/1",
        job_url="/jobs/1",
        job=HOSTILE,
        evidence_url="/api/jobs/1/evidence-bundle",
    )
    return OrdersView(rows=(order,), is_cut=True)


def a_doing() -> DoingView:
    form = OrderFormView(
        action="suspend",
        label=HOSTILE,
        explained=HOSTILE,
        field="reason",
        field_label=HOSTILE,
        choices=(Choice(value="fraud", label=HOSTILE, is_chosen=True),),
    )
    return DoingView(id=ID, csrf_token="token", seen_orders=2, forms=(form,), note=HOSTILE)


def a_look() -> LookView:
    return LookView(heading=HOSTILE, at=HOSTILE, facts=FACTS, problem=HOSTILE)


def a_service() -> ServiceView:
    return ServiceView(
        frame=a_frame(),
        id=ID,
        account=HOSTILE,
        account_number=HOSTILE,
        where=HOSTILE,
        facts=FACTS,
        standing=a_standing(),
        line=a_line(),
        may_look=True,
        look=a_look(),
        doing=a_doing(),
        orders=some_orders(),
        billing=FACTS,
    )


VIEWS: Final[Mapping[str, Callable[[], msgspec.Struct]]] = {
    "network/_state.html": a_network_state,
    "network/drift.html": a_drift_page,
    "network/list.html": a_network,
    "services/_doing.html": a_doing,
    "services/_found.html": a_found,
    "services/_line.html": a_line,
    "services/_look.html": a_look,
    "services/_orders.html": some_orders,
    "services/_state.html": a_standing,
    "services/affected.html": an_affected,
    "services/search.html": a_search,
    "services/service.html": a_service,
}
