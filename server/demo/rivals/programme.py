"""The rivals in their order: the replay alone, because it counts everything; the others at once."""

from collections.abc import Awaitable, Callable

import httpx

from server.demo.children import ChildFailed, together
from server.demo.outcome import Replay, Rival
from server.demo.rivals import elsewhere, killed, reassigned, receiver_down, replayed, silent
from server.demo.stage import Stage
from server.demo.story import Played
from server.demo.watching import NotSeen

_FIRST = "the same batch sent ten times"
_OTHERS: tuple[tuple[str, Callable[[Stage], Awaitable[Rival]]], ...] = (
    ("server killed and restarted", killed.play),
    ("re-assigned while offline", reassigned.play),
    ("the OLT silent for a while", silent.play),
    ("the serial is registered on another port", elsewhere.play),
    ("the webhook receiver down", receiver_down.play),
)


async def play(stage: Stage, played: Played) -> tuple[Replay, tuple[Rival, ...]]:
    """Play all rivals; one that cannot be played to its end says so and spoils no other.

    Raises:
        NotSeen: the story's own push was not seen, so it cannot be sent again.
    """
    for number, name in enumerate((_FIRST, *(name for name, _ in _OTHERS)), start=1):
        stage.narrator.plain(f"  [{number}] {name}")
    stage.narrator.plain("")
    replay, first = await replayed.play(stage, played)
    others = await together(*(_attempt(stage, name, rival) for name, rival in _OTHERS))
    return replay, (first, *others)


async def _attempt(stage: Stage, name: str, rival: Callable[[Stage], Awaitable[Rival]]) -> Rival:
    try:
        return await rival(stage)
    except (ChildFailed, NotSeen, httpx.HTTPError) as error:
        return Rival(
            name=name,
            expected="to be played to its end",
            happened=f"{type(error).__name__}: {error}",
            ok=False,
        )
