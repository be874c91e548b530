"""The scalar mailboxes: which values each takes, and what it holds between two SETs.

A mailbox is filled by one SET or by many, and acts on what it holds when its action is written.
Whoever writes between another's filling and acting spoils it; nothing here prevents that, as
nothing does in life.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from activation.simulator.cells import Check, octets, one_of, within
from activation.simulator.oids import Oid
from activation.simulator.vsol import oids

Kept: TypeAlias = dict[Oid, int | str]
"""What the mailboxes hold, by scalar without its zero."""

_PON: Final = within(range(1, 17))
_ONT: Final = within(range(1, oids.ONTS_PER_PORT + 1))
_GEM: Final = within(range(1, 256))
_VLAN: Final = within(range(oids.VLAN_MAX + 1))
_NAME: Final = octets(64)

MAILBOXES: Final[Mapping[Oid, Mapping[int, Check]]] = {
    oids.OPERATE: {
        oids.OPERATE_PON: _PON,
        oids.OPERATE_ONT: _ONT,
        oids.OPERATE_ACTION: one_of(1, 2, 3, 4),
    },
    oids.ADD: {
        oids.ADD_PON: _PON,
        oids.ADD_ONT: _ONT,
        oids.ADD_AUTH_MODE: within(range(1, 11)),
        oids.ADD_ONT_PROFILE: _NAME,
        oids.ADD_SERIAL: octets(16),
        oids.ADD_LOID: octets(24),
        oids.ADD_PASSWORD: octets(20),
        oids.ADD_ACTION: one_of(1),
    },
    oids.BIND: {
        oids.BIND_PON: _PON,
        oids.BIND_ONT: _ONT,
        oids.BIND_LINE: _NAME,
        oids.BIND_SERVICE: _NAME,
        oids.BIND_ALARM: _NAME,
        oids.BIND_ACTION: one_of(1),
    },
    oids.GEM: {
        oids.GEM_PON: _PON,
        oids.GEM_ONT: _ONT,
        oids.GEM_ID: _GEM,
        oids.GEM_TCONT: _GEM,
        oids.GEM_UP: _NAME,
        oids.GEM_DOWN: _NAME,
        oids.GEM_ACTION: one_of(1, 2, 3),
    },
    oids.SERVICE_PORT: {
        oids.SERVICE_PON: _PON,
        oids.SERVICE_ONT: _ONT,
        oids.SERVICE_ID: within(range(1, oids.SERVICE_PORTS_PER_ONT + 1)),
        oids.SERVICE_GEM: _GEM,
        oids.SERVICE_MODE: within(range(1, 9)),
        oids.SERVICE_DESCRIPTION: _NAME,
        oids.SERVICE_USER_VLAN: _VLAN,
        oids.SERVICE_VLAN: _VLAN,
        oids.SERVICE_ACTION: one_of(1, 2, 3),
    },
    oids.REPLACE: {
        oids.REPLACE_PON: _PON,
        oids.REPLACE_ONT: _ONT,
        oids.REPLACE_MODE: one_of(1, 2),
        oids.REPLACE_SERIAL: octets(16),
        oids.REPLACE_ACTION: one_of(1),
    },
    oids.CONFIG_FILE: {oids.CONFIG_SAVE: one_of(1)},
}
ACTIONS: Final[Mapping[Oid, int]] = {
    oids.OPERATE: oids.OPERATE_ACTION,
    oids.ADD: oids.ADD_ACTION,
    oids.BIND: oids.BIND_ACTION,
    oids.GEM: oids.GEM_ACTION,
    oids.SERVICE_PORT: oids.SERVICE_ACTION,
    oids.REPLACE: oids.REPLACE_ACTION,
    oids.CONFIG_FILE: oids.CONFIG_SAVE,
}
_TEXTS: Final = frozenset(
    (
        *((*oids.ADD, number) for number in (4, 5, 6, 7)),
        *((*oids.BIND, number) for number in (3, 4, 5)),
        *((*oids.GEM, number) for number in (7, 8)),
        (*oids.SERVICE_PORT, oids.SERVICE_DESCRIPTION),
        (*oids.REPLACE, oids.REPLACE_SERIAL),
    )
)


def empty() -> Kept:
    """Give the mailboxes as they are after a restart."""
    names = ((*group, number) for group, fields in MAILBOXES.items() for number in fields)
    return {name: "" if name in _TEXTS else 0 for name in names}
