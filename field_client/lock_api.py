"""The local API of the lock: what is answered while nothing else is."""

from http import HTTPStatus
from typing import Annotated, Any, assert_never

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from msgspec import Meta

from field_client.agent import Agent
from field_client.problems import Problem, problem_response
from field_client.safety.key_files import Way
from field_client.safety.pins import TooSoon, WrongPin, describe
from field_client.safety.vault import Locked, Open, Vault
from field_client.safety.wiping import Wiped
from sync_protocol import wire

VaultDependency = NamedDependency[Vault]
LocalRequest = Request[None, None, Any]
Pin = Annotated[str, Meta(min_length=1, max_length=200)]


class PinBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The PIN as typed."""

    pin: Pin


class NewPinBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new PIN, and the present one where there is one."""

    pin: Pin
    current: Pin | None = None


class LockController(Controller):
    """The lock of the tablet."""

    path = "/lock"

    @get("/")
    async def show(self, vault: VaultDependency) -> Open | Locked | Wiped:
        """Answer how the tablet stands."""
        return vault.state

    @post("/", status_code=200)
    async def lock(self, vault: VaultDependency) -> Open | Locked | Wiped:
        """Lock now."""
        vault.lock()
        return vault.state

    @post("/open", status_code=200)
    async def unlock(
        self, vault: VaultDependency, request: LocalRequest
    ) -> Open | Locked | Wiped | Response[Problem]:
        """Open with the PIN."""
        ended = await vault.unlock(wire.decode(await request.body(), PinBody).pin)
        return _state_or_refusal(vault, ended)

    @put("/pin", status_code=200)
    async def set_pin(
        self, vault: VaultDependency, request: LocalRequest
    ) -> Open | Locked | Wiped | Response[Problem]:
        """Set or change the PIN."""
        data = wire.decode(await request.body(), NewPinBody)
        return _state_or_refusal(vault, await vault.set_pin(data.pin, data.current))

    @delete("/pin", status_code=200)
    async def remove_pin(
        self, vault: VaultDependency, request: LocalRequest
    ) -> Open | Locked | Wiped | Response[Problem]:
        """Let the tablet open without a PIN again."""
        ended = await vault.remove_pin(wire.decode(await request.body(), PinBody).pin)
        return _state_or_refusal(vault, ended)


def _state_or_refusal(
    vault: Vault, ended: Agent | Way | WrongPin | TooSoon | Wiped
) -> Open | Locked | Wiped | Response[Problem]:
    """Answer how the tablet stands after something that needed the PIN, or why it was refused."""
    if isinstance(ended, WrongPin | TooSoon | Wiped):
        return _refusal(ended)
    return vault.state


def _refusal(ended: WrongPin | TooSoon | Wiped) -> Response[Problem]:
    match ended:
        case WrongPin():
            problem = Problem(status=HTTPStatus.FORBIDDEN, code="wrong_pin", detail=describe(ended))
        case TooSoon():
            problem = Problem(
                status=HTTPStatus.TOO_MANY_REQUESTS, code="pin_too_soon", detail=describe(ended)
            )
        case Wiped():
            problem = Problem(status=HTTPStatus.GONE, code="wiped", detail=ended.detail)
        case _:
            assert_never(ended)
    return problem_response(problem)
