"""House rules as functions from a file to its breaches; ``test_tidy`` applies them to the tree.

Only what ruff cannot say. Words that a rule forbids are put together from pieces, so that this file
may be judged by its own rules.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final

LINES_MAX: Final = 400

EMPTY_WORDS: Final = frozenset(
    {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "handlers"}
)
"""Names of modules that do not say what is inside."""

NEEDS_NO_REASON: Final = frozenset({"PLR2004"})
"""Suppressions that the line itself explains: a number beside the text that names it."""

_REGISTRIES = "|".join(
    (r"py" + r"pi\.org", r"pythonhosted" + r"\.org", r"npmjs" + r"\.(?:org|com)")
)
_MACHINE_PATHS = "|".join(("/wo" + "rk/", "/ro" + "ot/", "/op" + "t/", "/ho" + r"me/\w"))
_ADDRESS = re.compile(
    rf"[\w.]*(?:{_REGISTRIES})|(?<![\w.}}\"'*])(?:{_MACHINE_PATHS})|file:/{{2,3}}\w"
)
_UNFINISHED = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
_BANNER = re.compile(r"^\s*#\s*[-=*#~]{3,}", re.MULTILINE)
_SUPPRESSION = re.compile(
    r"#\s*(?:noqa(?::\s*(?P<noqa>[A-Z]+\d+(?:,\s*[A-Z]+\d+)*))?"
    r"|pyright:\s*ignore(?:\[(?P<pyright>[\w, ]+)\])?)"
)
_TYPE_IGNORE = re.compile(r"#\s*type:\s*ignore")
_SKIPS: Final = frozenset({"skip", "skipif", "importorskip"})
_WORDS_IN_A_SENTENCE: Final = 4


def unfinished_or_foreign(text: str) -> Iterator[str]:
    """Find marks of unfinished work, and addresses that mean something to one machine only."""
    for number, line in enumerate(text.splitlines(), start=1):
        if mark := _UNFINISHED.search(line):
            yield f"line {number}: {mark[0]}; finish it, or open an issue"
        if address := _ADDRESS.search(line):
            yield f"line {number}: {address[0]}; no registry and no path of one machine"


def badly_named(path: PurePath) -> Iterator[str]:
    """Find folders and modules whose name does not say what is inside."""
    for part in (*path.parts[:-1], path.stem):
        if part.removeprefix("_").removeprefix("test_") in EMPTY_WORDS:
            yield f"{part!r} does not say what is inside; name the thing"


def too_long(text: str) -> Iterator[str]:
    """Find a file that is two things."""
    lines = len(text.splitlines())
    if lines > LINES_MAX:
        yield f"{lines} lines, {LINES_MAX} allowed; split it, or give its reason in test_tidy"


def banners(text: str) -> Iterator[str]:
    """Find lines of dashes that divide a file: two files would be better."""
    for banner in _BANNER.finditer(text):
        yield f"section banner {banner[0].strip()!r}; split the file"


def unexplained_suppressions(text: str) -> Iterator[str]:
    """Find suppressions without a code or without a reason on their line."""
    for number, line in enumerate(text.splitlines(), start=1):
        if _TYPE_IGNORE.search(line):
            yield f"line {number}: only 'pyright: ignore' with its rule is read"
        found = list(_SUPPRESSION.finditer(line))
        if found and not _is_explained(found, line[found[0].start() :]):
            yield f"line {number}: {line.strip()!r} needs a code and a reason"


def _is_explained(suppressions: Sequence[re.Match[str]], comment: str) -> bool:
    codes = [found["noqa"] or found["pyright"] for found in suppressions]
    if not all(codes):
        return False
    reason = _SUPPRESSION.sub("", comment).strip()
    return set(", ".join(codes).split(", ")) <= NEEDS_NO_REASON or bool(re.search(r"\w{4}", reason))


def without_docstring(tree: ast.Module) -> Iterator[str]:
    """Find a module that does not say what belongs in it."""
    if not ast.get_docstring(tree):
        yield "no module docstring; say what belongs here and what does not"


def sleeping(tree: ast.Module) -> Iterator[str]:
    """Find waits that hold a thread for a time instead of waiting for an event."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="time"), attr="sleep", lineno=line):
                yield f"line {line}: time.sleep; wait for the event, with a deadline"
            case ast.ImportFrom(module="time", names=names, lineno=line):
                if any(alias.name == "sleep" for alias in names):
                    yield f"line {line}: time.sleep; wait for the event, with a deadline"
            case _:
                pass


def not_implemented(tree: ast.Module) -> Iterator[str]:
    """Find promises that are kept by an exception."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield f"line {node.lineno}: NotImplementedError; leave it out or build it"


def unread_bounds(tree: ast.Module) -> Iterator[str]:
    """Find bounds of a query parameter where Litestar reads none: inside ``FromQuery``."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(
                value=ast.Name(id="FromQuery"), slice=ast.Subscript(value=ast.Name(id="Annotated"))
            ):
                yield f"line {node.lineno}: write Annotated[..., QueryParameter(ge=...)] instead"
            case _:
                pass


def untrue_tests(tree: ast.Module) -> Iterator[str]:
    """Find tests that are skipped, that patch, or whose name is no sentence."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Attribute(attr="mark") | ast.Name(id="pytest"), attr=attr):
                if attr in _SKIPS:
                    yield f"line {node.lineno}: pytest {attr}; a test runs or goes"
            case (
                ast.ImportFrom(module="unittest.mock")
                | ast.Import(names=[ast.alias(name="unittest.mock")])
            ):
                yield f"line {node.lineno}: unittest.mock; pass a fake of our own"
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                words = name.removeprefix("test_").split("_")
                if name.startswith("test_") and len(words) < _WORDS_IN_A_SENTENCE:
                    yield f"line {node.lineno}: {name} is no sentence"
            case _:
                pass
