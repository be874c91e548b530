"""Reading what a page sends: forms of text, and files that are told apart by their content."""

from collections.abc import Mapping

from litestar.datastructures import UploadFile

from field_client.findings import NothingSaid
from field_client.pages.frame import PageRequest


class NotChosen(NothingSaid):
    """One of several has to be chosen; nothing was recorded."""


async def read_form(request: PageRequest) -> Mapping[str, str]:
    """Read the texts of a form; of a name that comes twice the last."""
    form = await request.form()
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


async def read_file(request: PageRequest, name: str) -> bytes:
    """Read an uploaded file; empty where none was chosen."""
    file = (await request.form()).get(name)
    return await file.read() if isinstance(file, UploadFile) else b""
