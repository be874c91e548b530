"""``firstlight field pin``, and the PIN that the other commands ask for where there is one.

It is read from a prompt or, for scripts, from standard input. Never from an argument, which every
user of the machine can read in the list of processes, and never from a variable of the environment,
which children, crash reports and service files keep.
"""

import argparse
import asyncio
import getpass
import sys
from typing import Final

from field_client.agent import Agent
from field_client.safety.key_files import TabletLocked, Way
from field_client.safety.pins import TooSoon, WrongPin, describe
from field_client.safety.vault import Locked, Vault
from field_client.safety.wiping import TabletWiped, Wiped

PIN_STDIN_HELP: Final = "read the PIN, one per line, from standard input; for scripts"
_WAYS: Final = {
    Way.FOLDER: "the keys lie in the key folder, for whoever can read it",
    Way.PIN: "the keys are sealed by the PIN",
    Way.KEYSTORE: "the keys are sealed by the keystore of the system",
    Way.KEYSTORE_AND_PIN: "the keys are sealed by the PIN and the keystore of the system",
}


class PinMistyped(ValueError):
    """The new PIN was not typed the same way twice; nothing was changed."""


async def unlock(vault: Vault, args: argparse.Namespace) -> Agent:
    """Give the agent, with the PIN where one is needed.

    Raises:
        TabletLocked: there is nobody to ask, or the PIN is wrong.
        TabletWiped: that was one too many.
    """
    if isinstance(vault.state, Locked):
        await _wait_for_turn(vault)
        _settled(await vault.unlock(_read_pin(args, "PIN of this tablet: ")))
    return vault.agent()


async def set_pin(vault: Vault, args: argparse.Namespace) -> int:
    """Set the PIN, or change it."""
    current = await _current(vault, args)
    pin = _read_pin(args, "new PIN: ")
    if not args.pin_stdin and _read_pin(args, "new PIN again: ") != pin:
        raise PinMistyped("the new PIN was not typed the same way twice; nothing was changed")
    _tell(_settled(await vault.set_pin(pin, current)))
    return 0


async def remove_pin(vault: Vault, args: argparse.Namespace) -> int:
    """Let the tablet open without a PIN again."""
    current = await _current(vault, args)
    _tell(_settled(await vault.remove_pin(current or "")))
    return 0


async def _current(vault: Vault, args: argparse.Namespace) -> str | None:
    if not isinstance(vault.state, Locked):
        vault.agent()
        return None
    await _wait_for_turn(vault)
    return _read_pin(args, "present PIN: ")


async def _wait_for_turn(vault: Vault) -> None:
    """Wait here what a person at a page would wait; each start of a program begins it anew."""
    state = vault.state
    if isinstance(state, Locked) and state.wait_ms:
        wait_s = state.wait_ms // 1000 + 1
        sys.stderr.write(f"after wrong PINs: {wait_s} s to wait ...\n")
        await asyncio.sleep(wait_s)


def _read_pin(args: argparse.Namespace, prompt: str) -> str:
    if args.pin_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise TabletLocked("a PIN is needed, and nobody is there to type it; use --pin-stdin")
    return getpass.getpass(prompt)


def _settled(ended: Agent | Way | WrongPin | TooSoon | Wiped) -> Agent | Way:
    if isinstance(ended, WrongPin | TooSoon):
        raise TabletLocked(describe(ended))
    if isinstance(ended, Wiped):
        raise TabletWiped(ended.detail)
    return ended


def _tell(way: Agent | Way) -> None:
    if isinstance(way, Way):
        sys.stdout.write(f"{_WAYS[way]}\n")
