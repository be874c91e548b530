"""Who may speak to the local agent: this machine, under its own name, with the launch token.

The address alone does not protect: any page in a browser can reach 127.0.0.1, and a DNS name can be
made to point there. So the Host is checked and every request shows the token of this launch.
"""

import hmac
from collections.abc import Mapping
from typing import Final

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from field_client.problems import PROBLEM_TYPE, Problem

_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})


class Gate:
    """Answers 400 to a foreign Host and 401 without the token; nothing else runs then."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        problem = self._problem(headers)
        if problem is None:
            await self._app(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": problem.status,
                "headers": [(b"content-type", PROBLEM_TYPE.encode())],
            }
        )
        body = msgspec.json.encode(problem)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _problem(self, headers: Mapping[bytes, bytes]) -> Problem | None:
        host = headers.get(b"host", b"").decode("latin-1").partition(":")[0]
        if host not in _HOSTS:
            detail = f"{host!r} is not this tablet; call it 127.0.0.1"
            return Problem(status=400, code="foreign_host", detail=detail)
        if not hmac.compare_digest(headers.get(b"authorization", b""), self._expected):
            detail = "Authorization must be 'Bearer ' and the token printed at the start"
            return Problem(status=401, code="no_launch_token", detail=detail)
        return None
