"""Long lists: what fits the words that were typed, and one page of it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

T = TypeVar("T")


class Pages(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a list one is. ``_pages.html``; an empty address: there is no such page."""

    before_url: str
    after_url: str
    first: int
    last: int
    total: int


def is_found(typed: str, texts: Iterable[str]) -> bool:
    """Tell whether every word that was typed stands in one of the texts.

    >>> is_found("hafen 3", ["FL-1003-1", "Am Hafen 3"]), is_found("hafen 4", ["Am Hafen 3"])
    (True, False)
    """
    text = " ".join(texts).casefold()
    return all(word in text for word in typed.casefold().split())


def page_of(
    items: Sequence[T], number: int, count_max: int, address: tuple[str, Mapping[str, str]]
) -> tuple[Sequence[T], Pages]:
    """Cut a page out of a list; a page beyond its end is its last one.

    ``address`` is the path of the list and what else is asked for.
    """
    number = max(1, min(number, -(-len(items) // count_max)))
    first = (number - 1) * count_max
    shown = items[first : first + count_max]
    return shown, Pages(
        before_url=_url(address, number - 1) if number > 1 else "",
        after_url=_url(address, number + 1) if first + count_max < len(items) else "",
        first=first + 1 if shown else 0,
        last=first + len(shown),
        total=len(items),
    )


def _url(address: tuple[str, Mapping[str, str]], number: int) -> str:
    path, query = address
    asked = {**query, "page": str(number) if number > 1 else ""}
    given = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{given}" if given else path
