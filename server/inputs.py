"""Reading what others send: strictly, into a record, or a refusal that names the value.

Every JSON body, every text of a query, path or form, and every argument of a command passes here,
so that no route and no command has to think of a NUL, which SQLite stores and PostgreSQL does not.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar, cast

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.params import QueryParameter

from server.input_words import SECRET_NAMES, explain, fields_of, shown
from server.problems import WrongInput

T = TypeVar("T")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
DEPTH_MAX: Final = 32
_FORM: Final = "application/x-www-form-urlencoded"


def read(values: object, wanted: type[T]) -> T:
    """Make a record of plain values.

    Raises:
        WrongInput: names the field, the value and what would be right.
    """
    require_printable(values)
    try:
        return msgspec.convert(values, wanted)
    except msgspec.ValidationError as error:
        raise WrongInput(explain(str(error), values, wanted)) from error


def decode(body: bytes, wanted: type[T]) -> T:
    """Make a record of a JSON body.

    Raises:
        WrongInput: no JSON; or names the field, the value and what would be right.
        RecursionError: nested too deep.
        UnicodeDecodeError: not UTF-8.
    """
    try:
        values: Any = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise WrongInput(f"the body is not JSON: {error}; it must be {_object(wanted)}") from error
    if not isinstance(values, dict):
        raise WrongInput(f"the body is {shown(values)}; it must be {_object(wanted)}")
    return read(cast("Mapping[str, object]", values), wanted)


def require_printable(value: object, name: str = "", *, depth: int = 0) -> None:
    """Refuse control characters and halves of characters in any text of plain values.

    Raises:
        WrongInput: names the field and the text; or the values are nested too deep.
    """
    if depth > DEPTH_MAX:
        raise WrongInput(f"the body is nested too deep; at most {DEPTH_MAX} levels are read")
    if isinstance(value, str):
        if found := _UNPRINTABLE.search(value):
            raise WrongInput(_unprintable(name, value, found[0]))
    elif isinstance(value, Mapping):
        for key, part in cast("Mapping[object, object]", value).items():
            require_printable(key, "the name of a field", depth=depth)
            require_printable(part, f"{name}.{key}" if name else str(key), depth=depth + 1)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(cast("Sequence[object]", value)):
            require_printable(part, f"{name}[{index}]", depth=depth + 1)


def _unprintable(name: str, value: str, found: str) -> str:
    rule = f"a text may not hold the character {found!r}"
    return f"{name}: {rule}" if name in SECRET_NAMES else f"{name} is {shown(value)}; {rule}"


def _object(wanted: object) -> str:
    fields = fields_of(wanted)
    return f"an object with {', '.join(fields)}" if fields else "an object"


class StrictRequest(Request[Any, Any, State]):
    """A request whose JSON body is read into the record that its handler asks for."""

    async def json(self) -> Any:  # noqa: ANN401  the record that the handler names
        """Read the body; Litestar's own reading takes a number for a time or a text."""
        wanted = self.route_handler.parsed_data_field
        return decode(await self.body(), wanted.annotation if wanted else Any)


async def require_printable_request(request: Request[Any, Any, State]) -> None:
    """Refuse unprintable text in a path, a query or a form; runs before every handler.

    Raises:
        WrongInput: names the field and the text.
    """
    require_printable(request.path_params)
    for name, text in request.query_params.multi_items():
        require_printable(text, name)
    if request.headers.get("content-type", "").startswith(_FORM):
        for name, text in (await request.form()).multi_items():
            require_printable(text, name)


async def require_request_of_program(request: Request[Any, Any, State]) -> None:
    """Refuse besides any parameter that the route does not know; runs before the API's handlers.

    A misspelt cursor would start a reader over, a misspelt filter would answer everything, and a
    program does not see that. A browser's address may carry more than the page asks for.

    Raises:
        WrongInput: names the parameter and those that there are, or a field and its text.
    """
    await require_printable_request(request)
    known = _query_names(request)
    for name in request.query_params:
        if name not in known:
            right = f"known are {', '.join(known)}" if known else "nothing may follow the path here"
            raise WrongInput(f"there is no parameter {shown(name)}; {right}")


def _query_names(request: Request[Any, Any, State]) -> list[str]:
    parameters = request.route_handler.parsed_fn_signature.parameters
    return [
        parameter.kwarg_definition.name or name
        for name, parameter in parameters.items()
        if isinstance(parameter.kwarg_definition, QueryParameter)
    ]
