"""``firstlight user`` and ``firstlight token``: who may come in.

A password is asked for at the terminal or read from standard input, never taken from the command
line, which every process of a machine may read. A token's secret is printed once and not kept.
"""

import argparse
import getpass
import sys
from typing import Any

from server import inputs
from server.acts import SYSTEM, act_of
from server.input_words import shown
from server.opened import opened_store
from server.people import commands
from server.people.commands import NewApiToken, NewUser
from server.people.passwords import hash_password
from server.people.records import Role, Scope
from server.people.secrets import hash_secret, new_secret
from server.problems import WrongInput


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``user`` and ``token`` to the command line."""
    user = subparsers.add_parser(
        "user",
        help="give people access to the console",
        description="Give people access to the console.",
    ).add_subparsers(metavar="ACTION", required=True)
    add = user.add_parser(
        "add",
        help="add one person; the password is asked for, or read from standard input",
        description="Add one person. The password is asked for twice at a terminal; otherwise the "
        "first line of standard input is taken.",
    )
    add.add_argument("email", metavar="EMAIL", help="what the person signs in with")
    add.add_argument("--name", required=True, help="the name that others see")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.set_defaults(run=add_user)

    token = subparsers.add_parser(
        "token",
        help="give programs access to the API",
        description="Give programs access to the API.",
    ).add_subparsers(metavar="ACTION", required=True)
    issue = token.add_parser(
        "add",
        help="add a token and print its secret, once",
        description="Add a token and print its secret. Only a hash is kept: nobody can read the "
        "secret again.",
    )
    issue.add_argument("name", metavar="NAME", help="which program this is for")
    issue.add_argument(
        "--scope",
        required=True,
        action="append",
        choices=[scope.value for scope in Scope],
        help="what the token opens; give it several times for several",
    )
    issue.set_defaults(run=add_token)


def add_user(args: argparse.Namespace) -> int:
    """Add one person.

    Raises:
        WrongInput: an address, name or password that cannot be used; nothing was written.
        Conflicting: the address is taken; nothing was changed.
    """
    try:
        new = inputs.read(
            {"email": args.email.strip(), "name": args.name.strip(), "role": args.role}, NewUser
        )
    except WrongInput as error:
        raise WrongInput(
            f"cannot add {shown(args.email)} named {shown(args.name)}: {error}; "
            "write an address like ada@operator.example and a name"
        ) from error
    password_hash = hash_password(_read_password())
    with opened_store(args.settings) as store:
        user = store.write_now(
            commands.add_user, new, password_hash=password_hash, act=act_of(SYSTEM)
        )
    sys.stdout.write(f"{user.email} may sign in as {user.role}\n")
    return 0


def add_token(args: argparse.Namespace) -> int:
    """Add one token and print its secret.

    Raises:
        WrongInput: a name that is empty or too long; nothing was written.
        Conflicting: the name is taken; nothing was changed.
    """
    new = inputs.read({"name": args.name.strip(), "scopes": args.scope}, NewApiToken)
    secret = new_secret()
    with opened_store(args.settings) as store:
        store.write_now(
            commands.add_api_token,
            new.name,
            new.scopes,
            secret_hash=hash_secret(secret),
            act=act_of(SYSTEM),
        )
    sys.stdout.write(f"{secret}\n")
    return 0


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise WrongInput("the two passwords differ; nothing was written")
    return password
