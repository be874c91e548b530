import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tests.house import rules

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("server", "sync_protocol", "field_client", "activation", "billing_bridge")

LONG_FOR_A_REASON: Final[Mapping[str, str]] = {}
"""Files that may be longer than the rule says, and why."""

MIGRATIONS: Final = Path("server/database/migrations/versions")
"""A released migration is never touched again, so it is as long as its schema."""

SLEEPS_FOR_A_REASON: Final[Mapping[str, str]] = {}
"""Files that may hold a thread for a time, and why."""


class Build(msgspec.Struct):
    requires: list[str]


class Project(msgspec.Struct, rename="kebab"):
    dependencies: list[str]
    optional_dependencies: dict[str, list[str]]


class ProjectFile(msgspec.Struct, rename="kebab"):
    build_system: Build
    project: Project
    dependency_groups: dict[str, list[str]]


@cache
def tracked() -> tuple[Path, ...]:
    """List what git tracks and is still there; what is not committed yet is not judged."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607  the git on PATH is the one that people use
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (Path(name) for name in listed.stdout.split("\0") if name)
    return tuple(path for path in paths if (ROOT / path).is_file())


def texts() -> dict[Path, str]:
    """Read every tracked file that is text; pictures and recordings are not."""
    found: dict[Path, str] = {}
    for path in tracked():
        raw = (ROOT / path).read_bytes()
        if b"\0" not in raw[:8192]:
            found[path] = raw.decode("utf-8", errors="replace")
    return found


def modules() -> dict[Path, str]:
    """Read every tracked Python file."""
    return {path: text for path, text in texts().items() if path.suffix == ".py"}


def trees(*, tests: bool) -> dict[Path, ast.Module]:
    """Parse our modules, or those of the tests."""
    return {
        path: ast.parse(text)
        for path, text in modules().items()
        if (path.parts[0] == "tests") is tests
    }


def test_nothing_is_unfinished_and_nothing_points_to_one_machine() -> None:
    found = [
        f"{path}: {breach}"
        for path, text in texts().items()
        for breach in rules.unfinished_or_foreign(text)
    ]

    assert found == []


def test_files_are_short_or_have_a_reason() -> None:
    found = {
        str(path): breach
        for path, text in modules().items()
        if path.parent != MIGRATIONS
        for breach in rules.too_long(text)
    }

    assert set(found) == set(LONG_FOR_A_REASON), found


def test_names_say_what_is_inside() -> None:
    assert [f"{path}: {b}" for path in modules() for b in rules.badly_named(path)] == []


def test_no_banner_divides_a_file() -> None:
    found = [f"{path}: {b}" for path, text in modules().items() for b in rules.banners(text)]

    assert found == []


def test_every_suppression_has_a_code_and_a_reason() -> None:
    found = [
        f"{path}: {breach}"
        for path, text in modules().items()
        for breach in rules.unexplained_suppressions(text)
    ]

    assert found == []


def test_every_module_says_what_belongs_in_it() -> None:
    found = [
        f"{path}: {breach}"
        for path, tree in trees(tests=False).items()
        for breach in rules.without_docstring(tree)
    ]

    assert found == []


@pytest.mark.parametrize("tests", [False, True])
def test_nobody_waits_by_sleeping(*, tests: bool) -> None:
    found = [
        f"{path}: {breach}"
        for path, tree in trees(tests=tests).items()
        if str(path) not in SLEEPS_FOR_A_REASON
        for breach in rules.sleeping(tree)
    ]

    assert found == []


def test_nothing_is_promised_by_an_exception() -> None:
    found = [
        f"{path}: {breach}"
        for path, tree in trees(tests=False).items()
        for breach in rules.not_implemented(tree)
    ]

    assert found == []


def test_the_bounds_of_a_query_parameter_are_written_where_they_are_read() -> None:
    found = [
        f"{path}: {breach}"
        for path, tree in trees(tests=False).items()
        for breach in rules.unread_bounds(tree)
    ]

    assert found == []


def test_tests_run_use_no_mocks_and_are_named_by_sentences() -> None:
    found = [
        f"{path}: {breach}"
        for path, tree in trees(tests=True).items()
        for breach in rules.untrue_tests(tree)
    ]

    assert found == []


def test_no_file_of_others_is_tracked() -> None:
    vendored = [
        str(path)
        for path in tracked()
        if {"vendor", "node_modules", ".venv"} & set(path.parts) or path.name.endswith(".min.js")
    ]

    assert vendored == []


@pytest.mark.parametrize("name", ["all.lock.txt", "uv.lock.txt"])
def test_python_locks_hold_hashes_and_no_addresses(name: str) -> None:
    lock = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=\S)", lock.strip()) if entry[0] != "#"]

    assert entries != []
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock


def test_every_requirement_of_the_project_is_locked() -> None:
    file = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes(), type=ProjectFile)
    lock = (ROOT / "requirements" / "all.lock.txt").read_text(encoding="utf-8")
    lists = (
        file.project.dependencies,
        file.build_system.requires,
        *file.project.optional_dependencies.values(),
        *file.dependency_groups.values(),
    )
    asked = [requirement for requirements in lists for requirement in requirements]
    names = {re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in asked}

    missing = {name for name in names if not re.search(rf"^{name}==", lock, re.MULTILINE)}

    assert missing == set(), "run 'python3 dev.py lock'"


def test_the_front_end_lock_holds_hashes_and_no_addresses() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert all(version[0].isdigit() for version in wanted["dependencies"].values()), "pin exactly"


def test_every_package_of_ours_is_typed_and_imported_by_its_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]

    assert set(project["importlinter"]["root_packages"]) == set(PACKAGES)
    assert set(project["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(PACKAGES)
    assert set(PACKAGES) < set(project["pyright"]["include"])
