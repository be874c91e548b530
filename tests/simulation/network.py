"""The network between a tablet and the office: what happens to a request and to its answer."""

import msgspec

from tests.simulation.chance import Chance
from tests.simulation.clocks import MINUTE, SECOND

TIMEOUT_MS = 30 * SECOND


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it travels; ``path`` holds the query as well."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it travels."""

    status: int
    headers: dict[str, str]
    body: bytes


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """How likely it is that something goes wrong with one exchange."""

    lose_request: float = 0
    lose_answer: float = 0
    duplicate: float = 0
    truncate: float = 0
    portal: float = 0
    busy: float = 0
    delay_ms_max: int = 200


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one exchange. No arrival: the request is lost."""

    arrivals_ms: tuple[int, ...]
    """When copies of the request arrive, after it was sent; the first one is answered first."""
    answer_ms: int | None
    """How long each answer travels; None: it is lost."""
    is_truncated: bool = False
    is_portal: bool = False
    is_busy: bool = False


HEALED = Faults()
PORTAL_PAGE = Answered(
    status=200, headers={"content-type": "text/html"}, body=b"<html>Welcome to FreeWifi</html>"
)
BUSY = Answered(
    status=503,
    headers={"content-type": "application/problem+json"},
    body=b'{"refusal":"busy","detail":"later","retry_after_ms":2000}',
)


def draw_faults(chance: Chance) -> Faults:
    """Draw how bad a world's network is; one in five is perfect."""
    if chance.happens(0.2):
        return Faults(delay_ms_max=2 * SECOND)
    return Faults(
        lose_request=chance.pick((0, 0.05, 0.3)),
        lose_answer=chance.pick((0, 0.1, 0.4)),
        duplicate=chance.pick((0, 0.1, 0.3)),
        truncate=chance.pick((0, 0.05)),
        portal=chance.pick((0, 0, 0.05)),
        busy=chance.pick((0, 0, 0.1)),
        delay_ms_max=chance.pick((50, 2 * SECOND, 10 * SECOND)),
    )


def draw_fate(faults: Faults, chance: Chance) -> Fate:
    """Draw what becomes of one exchange."""
    there_ms = chance.between(1, faults.delay_ms_max)
    back_ms = chance.between(1, faults.delay_ms_max)
    arrivals = [] if chance.happens(faults.lose_request) else [there_ms]
    if chance.happens(faults.duplicate):
        # A copy may turn up when nobody thinks of its exchange any more.
        arrivals.append(there_ms + chance.between(0, chance.pick((SECOND, 20 * MINUTE))))
    return Fate(
        arrivals_ms=tuple(sorted(arrivals)),
        answer_ms=None if chance.happens(faults.lose_answer) else back_ms,
        is_truncated=chance.happens(faults.truncate),
        is_portal=chance.happens(faults.portal),
        is_busy=chance.happens(faults.busy),
    )


def truncate(answer: Answered, chance: Chance) -> Answered:
    """Cut an answer somewhere."""
    kept = chance.between(0, max(0, len(answer.body) - 1))
    return msgspec.structs.replace(answer, body=answer.body[:kept])
