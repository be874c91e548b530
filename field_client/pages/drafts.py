"""Controls that keep what is typed at every change, until it is sent and becomes a fact."""

from collections.abc import Mapping

import msgspec

from sync_protocol.ids import JobId


class DraftField(msgspec.Struct, frozen=True, kw_only=True):
    """A control with its draft. ``_draft.html``."""

    url: str
    name: str
    label: str
    value: str
    hint: str = ""


def draft_url(job_id: JobId, name: str) -> str:
    """Give the address that keeps a draft."""
    return f"/jobs/{job_id}/drafts/{name}"


def draft_field(
    job_id: JobId, name: str, label: str, drafts: Mapping[str, str], *, hint: str = ""
) -> DraftField:
    """Make a control of a text; empty where nothing was typed."""
    return DraftField(
        url=draft_url(job_id, name),
        name=name,
        label=label,
        value=drafts.get(name, ""),
        hint=hint,
    )
