"""Huawei's state numbers in our words; source HUAWEI-XPON-MIB V2.14 as in ``oids``."""

from collections.abc import Mapping
from typing import Final

from activation.requests import ConfigState, DownReason, MatchState, Phase

# Column 2.46.1.15: up(1), down(2), invalid(-1).
RUN_STATES: Final[Mapping[int, Phase]] = {1: Phase.ONLINE, 2: Phase.OFFLINE}

# Column 2.46.1.16.
CONFIG_STATES: Final[Mapping[int, ConfigState]] = {
    1: ConfigState.INITIAL,
    2: ConfigState.NORMAL,
    3: ConfigState.FAILED,
    4: ConfigState.NOT_RESTORED,
    5: ConfigState.CONFIGURING,
}

# Column 2.46.1.18. Some notes on the web say that 1 is match; the MIB says 2.
MATCH_STATES: Final[Mapping[int, MatchState]] = {
    1: MatchState.INITIAL,
    2: MatchState.MATCH,
    3: MatchState.MISMATCH,
}

# Column 2.46.1.24; a number that is not here is shown as "code N".
DOWN_CAUSES: Final[Mapping[int, str]] = {
    1: "loss of signal",
    2: "loss of signal or of burst (LOSi/LOBi)",
    3: "loss of frame (LOFi)",
    4: "signal fail (SFi)",
    5: "loss of acknowledge (LOAi)",
    6: "loss of PLOAM (LOAMi)",
    7: "deactivation failed",
    8: "deactivated",
    9: "reset",
    10: "registered again",
    11: "pop-up test failed",
    13: "dying gasp: the ONT lost its power",
    15: "loss of key synchronisation (LOKi)",
    18: "ring detected",
    30: "laser of the ONT switched off",
    31: "reset by command",
    32: "reset by its button",
    33: "reset by its software",
    34: "broadcast attack",
    35: "operator check failed",
    37: "rogue ONT",
}


_REASONS: Final[Mapping[int, DownReason]] = {
    **dict.fromkeys((1, 2, 3, 4, 5, 6, 15, 18), DownReason.LIGHT),
    13: DownReason.POWER,
    **dict.fromkeys((8, 9, 10, 30, 31, 32, 33), DownReason.ORDERED),
}


def down_reason(number: int | None) -> DownReason:
    """Say what a down cause means for where to look.

    >>> down_reason(1), down_reason(13), down_reason(None)
    (<DownReason.LIGHT: 'light'>, <DownReason.POWER: 'power'>, <DownReason.UNKNOWN: 'unknown'>)
    """
    return _REASONS.get(number or 0, DownReason.UNKNOWN)


def down_cause(number: int | None) -> str | None:
    """Put a down cause into words; None when the OLT knows of none.

    >>> down_cause(13), down_cause(99), down_cause(-1)
    ('dying gasp: the ONT lost its power', 'code 99', None)
    """
    if number is None or number < 1:
        return None
    return DOWN_CAUSES.get(number, f"code {number}")
