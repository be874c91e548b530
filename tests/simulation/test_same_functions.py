"""The simulation runs what production runs; here it fails if one of them goes its own way."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import Any

from field_client import agent, engine, enrolling, loop, session
from field_client.replica import inbox, outbox
from field_client.storage import store as tablet_store
from field_client.storage import units
from server.database import store as server_store
from server.database import writer
from server.jobs import api as jobs_api
from server.orders import api as orders_api
from server.sync import api
from tests.simulation import office, restores, tablet
from tests.simulation.office import PRODUCTION
from tests.simulation.tablet import InlineStore


def test_the_sync_route_runs_what_the_office_of_a_world_runs() -> None:
    exchange = api._exchange  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  the question is what it calls
    used = _given_to_the_store(exchange, api)
    called = set[object]().union(*(_called_in(each, api) for each in used - {PRODUCTION.receive}))

    assert exchange.__name__ in api.synchronise.fn.__code__.co_names
    assert PRODUCTION.receive in used
    assert {PRODUCTION.pull, office.commands.heard} <= called
    assert office.commands.has_news in _called_in(exchange, api)
    assert office.api.read_request is api.read_request


def test_the_token_routes_run_what_the_office_of_a_world_runs() -> None:
    used = _given_to_the_store(api.challenge.fn, api) | _given_to_the_store(api.renew_token.fn, api)

    assert used == {office.devices.issue_challenge, office.devices.renew_token}


def test_the_incarnation_route_runs_what_the_office_of_a_world_runs() -> None:
    used = _given_to_the_store(api.begin_incarnation.fn, api)

    assert used == {office.registration.register}


def test_a_world_enrols_anew_with_what_the_agent_enrols_with() -> None:
    assert agent.enrol is restores.enrol is enrolling.enrol


def test_the_dispatcher_uses_the_commands_behind_the_api() -> None:
    controllers = (orders_api.OrderController, jobs_api.JobController)
    used = set[object]().union(
        *(
            _given_to_the_store(controller, module)
            for controller, module in zip(controllers, (orders_api, jobs_api), strict=True)
        )
    )

    assert {PRODUCTION.place, PRODUCTION.assign, PRODUCTION.cancel} <= used


def test_the_writer_commits_with_what_a_world_commits_with() -> None:
    assert PRODUCTION.run_group is writer.run_group
    assert "run_group" in writer.Writer._attempt.__code__.co_names  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  the question is what it calls
    assert server_store.Writer is writer.Writer


def test_the_agent_runs_the_session_and_the_engine_of_a_world() -> None:
    assert agent.Session is tablet.Session is session.Session
    assert loop.step is tablet.step is engine.step
    assert agent.HttpTransport is tablet.HttpTransport


def test_the_session_uses_the_functions_that_mutants_replace() -> None:
    used = _given_to_the_store(session.Session, session)

    assert {inbox.apply_response, outbox.next_push, outbox.rewind} <= used


def test_the_inline_store_is_the_store_but_for_its_threads() -> None:
    changed = {name for name in vars(InlineStore) if not name.startswith("__")}

    assert changed <= {"read", "write", "_static_attributes_"}
    assert issubclass(InlineStore, tablet_store.Store)
    assert tablet_store.write_unit is units.write_unit
    assert tablet_store.read_unit is units.read_unit


def _given_to_the_store(code: Callable[..., Any] | type, module: ModuleType) -> set[object]:
    """Find the functions that this code hands to the store, as they are or bound to values."""
    calls = _calls_in(code)
    handed = [
        argument
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in {"read", "write", "write_then_read"}
        for argument in (call.args if call.func.attr == "write_then_read" else call.args[:1])
    ]
    bound = [call.args[0] for call in calls if ast.unparse(call.func) == "partial"]
    plain = [each for each in handed if ast.unparse(each).split(".")[0] in vars(module)]
    return {_named(each, module) for each in (*plain, *bound)}


def _called_in(code: object, module: ModuleType) -> set[object]:
    """Find the functions of modules that this code calls."""
    calls = (call.func for call in _calls_in(code))
    roots = {name for name, value in vars(module).items() if isinstance(value, ModuleType)}
    return {
        _named(func, module)
        for func in calls
        if isinstance(func, ast.Attribute) and ast.unparse(func.value) in roots
    }


def _calls_in(code: Any) -> list[ast.Call]:  # noqa: ANN401  whatever has a source
    tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    return [call for call in ast.walk(tree) if isinstance(call, ast.Call)]


def _named(expression: ast.expr, module: ModuleType) -> object:
    return eval(ast.unparse(expression), vars(module))  # noqa: S307  our own source, a dotted name
