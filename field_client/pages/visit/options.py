"""One of a few values to choose among: a radio button that looks like a large one."""

import msgspec


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """``_options.html`` shows several in a row."""

    value: str
    text: str
    is_chosen: bool
