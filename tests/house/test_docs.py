import doctest
import importlib
import re
import shlex
from pathlib import Path

import pytest

import dev
from server import cli
from tests.house.test_tidy import PACKAGES, ROOT, modules, texts

PAGES = sorted(path for path in texts() if path.suffix == ".md")
WITH_EXAMPLES = sorted(
    path for path, text in modules().items() if path.parts[0] in PACKAGES and ">>> " in text
)
ADR_HEADINGS = ["Context", "Options", "Decision", "Consequences"]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_in(text: str) -> list[str]:
    """Give every code span and every line of a code block, without its comment."""
    blocks: list[str] = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans: list[str] = re.findall(r"`([^`\n]+)`", text)
    lines = [line for block in blocks for line in block.splitlines()]
    return [code.partition(" #")[0].strip() for code in (*lines, *spans)]


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_commands_on_a_page_are_commands_of_dev_py(path: Path) -> None:
    commands = [code for code in code_in(page(str(path))) if code.startswith("python3 dev.py ")]
    parser = dev.command_line()

    for command in commands:
        words = shlex.split(command)[2:]
        # What follows `test` is pytest's, and words in capitals or brackets stand for something.
        words = words[:1] if words[0] == "test" else words
        parser.parse_args(["1" if word in {"N", "S"} else word for word in words if word[0] != "["])


def test_the_readme_names_the_two_commands() -> None:
    code = code_in(page("README.md"))

    assert {"python3 dev.py demo", "python3 dev.py test"} <= set(code)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_installed_commands_on_a_page_explain_themselves(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [re.match(r"firstlight ([a-z][a-z-]*)", code) for code in code_in(page(str(path)))]

    for command in sorted({match[1] for match in found if match}):
        with pytest.raises(SystemExit) as ended:
            cli.main([command, "--help"])
        assert ended.value.code == 0, f"firstlight {command} --help"
        assert f"usage: firstlight {command}" in capsys.readouterr().out


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    targets: list[str] = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page(str(path)))

    missing = [target for target in targets if not (ROOT / path.parent / target).exists()]

    assert missing == []


def test_the_technicians_page_shows_the_pictures_that_the_tests_take() -> None:
    shown = set(re.findall(r'<img src="technician/(\w+)\.png"', page("docs/technician.md")))
    taken = {
        name
        for file in (ROOT / "tests" / "browser").glob("test_*.py")
        for name in re.findall(
            r'keep_picture\(page, screenshots, "(\w+)"\)', file.read_text("utf-8")
        )
    }
    kept = {path.stem for path in (ROOT / "docs" / "technician").iterdir()}

    assert shown == taken == kept


def test_the_nocs_page_shows_pictures_that_are_kept() -> None:
    shown = set(re.findall(r'<img src="noc/(\w+)\.png"', page("docs/noc.md")))
    kept = {path.stem for path in (ROOT / "docs" / "noc").iterdir()}

    assert shown == kept


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "adr").glob("*.md"))

    assert [name[:4] for name in names] == [f"{n:04d}" for n in range(1, len(names) + 1)]


@pytest.mark.parametrize("path", [path for path in PAGES if path.parent.name == "adr"], ids=str)
def test_a_decision_says_context_options_decision_and_consequences(path: Path) -> None:
    text = page(str(path))

    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ADR_HEADINGS


def terms() -> list[str]:
    return re.findall(r"^\*\*(.+?)\*\*", page("GLOSSARY.md"), re.MULTILINE)


def test_the_glossary_is_in_alphabetical_order_and_names_each_word_once() -> None:
    found = [term.lower() for term in terms()]

    assert found == sorted(set(found))


def test_every_word_of_the_glossary_is_used() -> None:
    used = " ".join(
        text
        for path, text in texts().items()
        if path.suffix in {".py", ".md", ".sql", ".html"} and path.name != "GLOSSARY.md"
    ).lower()

    unused = [
        term
        for term in terms()
        if not re.search(re.escape(term.lower()).replace(r"\ ", r"[\s_-]+"), used)
    ]

    assert unused == []


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=str)
def test_examples_in_docstrings_are_true(path: Path) -> None:
    name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")

    result = doctest.testmod(importlib.import_module(name))

    assert result.attempted > 0
    assert result.failed == 0


def test_every_check_and_test_that_the_proof_names_exists() -> None:
    rows = [line for line in page("docs/proof.md").splitlines() if line.startswith("| P")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    files = [*(ROOT / "tests").rglob("*.py")]
    defined = {
        name
        for file in files
        for name in re.findall(
            r"^ *(?:async )?(?:def|class) (\w+)", file.read_text("utf-8"), re.MULTILINE
        )
    }

    assert [row.split(" | ")[0] for row in rows] == [f"| P{number}" for number in range(1, 22)]
    assert named - defined == set()
