"""The options of a command that say how to talk to an OLT; keys come from the environment alone."""

import argparse
import re
from collections.abc import Mapping
from typing import Final

from activation.snmp import V3, Credentials, Secret, V2c
from activation.usm_user import AUTH_METHODS, PRIV_METHODS

COMMUNITY_VARIABLE: Final = "FIRSTLIGHT_SNMP_COMMUNITY"
AUTH_KEY_VARIABLE: Final = "FIRSTLIGHT_SNMP_AUTH_KEY"
PRIV_KEY_VARIABLE: Final = "FIRSTLIGHT_SNMP_PRIV_KEY"

_KEY_LENGTH_MIN: Final = 8  # RFC 3414, section 11.2
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class CredentialsUnusable(ValueError):
    """A variable holds nothing that could be used; the text names it and never shows a secret."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of v2c and v3."""
    parser.add_argument(
        "--community-variable",
        type=_variable,
        default=COMMUNITY_VARIABLE,
        help=f"environment variable that holds the read community ({COMMUNITY_VARIABLE})",
    )
    parser.add_argument("--v3-user", help="speak SNMP v3 (authPriv) as this user")
    parser.add_argument("--auth-method", choices=AUTH_METHODS, default="sha1", help="(sha1)")
    parser.add_argument(
        "--priv-method", choices=PRIV_METHODS, default="aes", help="(aes, of 128 bits)"
    )
    parser.add_argument(
        "--auth-key-variable",
        type=_variable,
        default=AUTH_KEY_VARIABLE,
        help=f"environment variable with the user's authentication key ({AUTH_KEY_VARIABLE})",
    )
    parser.add_argument(
        "--priv-key-variable",
        type=_variable,
        default=PRIV_KEY_VARIABLE,
        help=f"environment variable with the user's privacy key ({PRIV_KEY_VARIABLE})",
    )


def read(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Credentials:
    """Read what the options name.

    Raises:
        CredentialsUnusable: as it says.
    """
    if arguments.v3_user is None:
        community = _secret(environment, arguments.community_variable, "the SNMP read community")
        return V2c(read_community=community)
    if not arguments.v3_user:
        raise CredentialsUnusable("--v3-user is empty; name a user that the OLT knows")
    return V3(
        user=arguments.v3_user,
        auth_method=arguments.auth_method,
        auth_key=_key(environment, arguments.auth_key_variable, "the authentication key"),
        priv_method=arguments.priv_method,
        priv_key=_key(environment, arguments.priv_key_variable, "the privacy key"),
    )


def _key(environment: Mapping[str, str], name: str, what: str) -> Secret:
    secret = _secret(environment, name, what)
    if len(secret.reveal()) < _KEY_LENGTH_MIN:
        raise CredentialsUnusable(
            f"environment variable {name} is too short; {what} has {_KEY_LENGTH_MIN} letters or "
            "more"
        )
    return secret


def _secret(environment: Mapping[str, str], name: str, what: str) -> Secret:
    text = environment.get(name)
    if not text:
        raise CredentialsUnusable(f"environment variable {name} is empty; put {what} there")
    if not (text.isascii() and text.isprintable()):
        # Never the secret itself: what is written here ends up in tickets.
        raise CredentialsUnusable(
            f"environment variable {name} holds a character that {what} does not have; "
            "letters, digits and signs of ASCII are right"
        )
    return Secret(text)


def _variable(text: str) -> str:
    if not _VARIABLE.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of an environment variable, like {COMMUNITY_VARIABLE}"
        )
    return text
