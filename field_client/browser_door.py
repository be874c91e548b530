"""The one browser that may open the pages: let in by a launch code, known again by a cookie.

A page of some other site in the same browser can reach 127.0.0.1 as well, and cookies do not tell
ports apart; so a cookie alone lets nobody change anything (``gate.py`` looks at the Origin too).
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from field_client.storage import FileSystem, place_file

COOKIE: Final = "firstlight_tablet"
_FILE: Final = "browser.session"


class BrowserDoor:
    """Who came in last stays in, also over a restart of the agent: a visit goes on where it was.

    Kept is only the hash of the cookie's secret.
    """

    def __init__(
        self,
        folder: Path,
        files: FileSystem,
        new_secret: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        self._path = folder / _FILE
        self._files = files
        self._new_secret = new_secret
        self._code: str | None = None
        self._admitted = self._files.read(self._path) if self._files.exists(self._path) else b""

    def new_code(self) -> str:
        """Make the code of the next launch; it is good once, and an older one no longer."""
        self._code = self._new_secret()
        return self._code

    def launch_url(self, host: str) -> str:
        """Make the address of the next launch, for a host with its port."""
        return f"http://{host}/launch?code={self.new_code()}"

    def let_in(self, code: str) -> str | None:
        """Take a launch code; the secret for the cookie, or None: it is not, or no longer, good.

        The browser that was in before is out.
        """
        if self._code is None or not hmac.compare_digest(self._code.encode(), code.encode()):
            return None
        self._code, secret = None, self._new_secret()
        self._admitted = _hash(secret)
        place_file(self._files, self._path, self._admitted)
        return secret

    def admits(self, secret: str) -> bool:
        """Say whether this is the cookie of the browser that is in."""
        return bool(self._admitted) and hmac.compare_digest(self._admitted, _hash(secret))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).hexdigest().encode()
