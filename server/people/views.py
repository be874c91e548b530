"""The views of the pages about people."""

import msgspec


class SignInView(msgspec.Struct, frozen=True, kw_only=True):
    """The sign-in page. ``people/sign_in.html``."""

    operator: str
    email: str
    then: str
    """The page that the person wanted."""
    problem: str | None
    """Why the last try did not work, in one sentence; the same for a wrong address and password."""
