"""The template engine: one folder, autoescape, and an error where a view lacks a name.

A template gets one thing, ``view``, and may call nothing but ``asset_url``.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

from server.console.assets import asset_url

FOLDER: Final = Path(__file__).parent.parent / "templates"


@cache
def environment() -> Environment:
    """Make the one environment of this process."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset_url"] = asset_url
    return made


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """Give Litestar our environment."""
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment()))


def page(
    name: str,
    view: msgspec.Struct | None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Template:
    """Answer with a page or fragment."""
    return Template(
        name,
        context={"view": view},
        status_code=status,
        media_type="text/html",
        headers=dict(headers or {}),
    )


def render(name: str, view: msgspec.Struct | None) -> str:
    """Write a fragment as text, for a live stream."""
    return environment().get_template(name).render(view=view)
