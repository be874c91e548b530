"""The views that the frame of every page needs."""

import msgspec

from server.people.records import SignedIn


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around a page: who looks, and the token that their forms carry."""

    title: str
    user_name: str
    role: str
    csrf_token: str
    section: str
    """The entry of the navigation that is marked as the present one."""


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, and what one may do. ``console/problem.html``."""

    status: int
    heading: str
    detail: str


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence about what an action did not do. ``console/_notice.html``."""

    heading: str
    detail: str


def frame(signed_in: SignedIn, title: str, *, section: str) -> Frame:
    """Make the frame of a page."""
    return Frame(
        title=title,
        user_name=signed_in.user.name,
        role=signed_in.user.role.value,
        csrf_token=signed_in.csrf_token,
        section=section,
    )
