"""The template engine: autoescape, an error where a view lacks a name, and one set per language.

A template gets ``frame`` (what stands around every page), ``view`` (what it is about), and may call
``asset_url`` and gettext.
"""

from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response

from field_client.pages.assets import asset_url
from field_client.pages.languages import get_language

FOLDER: Final = Path(__file__).parent.parent / "templates"


@cache
def environment(language_code: str) -> Environment:
    """Make the one environment of a language."""
    language = get_language(language_code)
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.globals["asset_url"] = asset_url
    # Its stub knows only what Jinja itself puts there.
    made.globals["language_code"] = language_code  # pyright: ignore[reportArgumentType]  see above
    # The extension adds this method, which no stub knows.
    install = made.install_gettext_callables  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]  see above
    install(language.gettext, language.ngettext, newstyle=True)
    return made


def render(language_code: str, name: str, **context: msgspec.Struct | None) -> str:
    """Write a page or fragment as text."""
    return environment(language_code).get_template(name).render(**context)


def html(text: str, *, status: int = 200) -> Response[str]:
    """Answer with a page or fragment."""
    return Response(text, status_code=status, media_type="text/html")
