"""When billing of a service starts: a policy over the three instants that every service keeps.

The instants are stored for ever and the date is derived, so a start can always be explained.
"""

import enum
from datetime import date, timedelta
from typing import assert_never

import msgspec

from billing_bridge.proration import ZoneName, local_date
from sync_protocol.units import Instant


class BillingStartPolicy(enum.StrEnum):
    """Which day is the first that is billed."""

    LIVE_DAY = "live_day"
    DAY_AFTER_LIVE = "day_after_live"
    COMPLETION_DAY_IF_NETWORK_PROVES_LIGHT = "completion_day_if_network_proves_light"


class ServiceInstants(msgspec.Struct, frozen=True, kw_only=True):
    """What happened when, each told by someone else."""

    completed_at: Instant
    """Told by the tablet: the technician finished; its clock may be wrong."""
    received_at: Instant
    """Told by the server: the completion was committed."""
    live_at: Instant
    """Told by the server: the OLT showed the right ONT online with light."""
    lit_since: Instant | None = None
    """Told by the OLT: the ONT's light is on since; None where the OLT does not say."""


def billing_start(policy: BillingStartPolicy, instants: ServiceInstants, zone: ZoneName) -> date:
    """Give the first billed day, as a local date of the account's zone.

    The completion day counts only if the network saw light on that day or before, and if it is not
    after the live day: a tablet's clock alone never moves a bill. Otherwise it is the live day.

    Raises:
        ZoneUnknown: no such IANA zone.
    """
    live_day = local_date(instants.live_at, zone)
    match policy:
        case BillingStartPolicy.LIVE_DAY:
            return live_day
        case BillingStartPolicy.DAY_AFTER_LIVE:
            return live_day + timedelta(days=1)
        case BillingStartPolicy.COMPLETION_DAY_IF_NETWORK_PROVES_LIGHT:
            return _proven_completion_day(instants, zone) or live_day
        case _:
            assert_never(policy)


def _proven_completion_day(instants: ServiceInstants, zone: ZoneName) -> date | None:
    if instants.lit_since is None:
        return None
    completion_day = local_date(instants.completed_at, zone)
    lit_day = local_date(instants.lit_since, zone)
    live_day = local_date(instants.live_at, zone)
    return completion_day if lit_day <= completion_day <= live_day else None
