"""Somebody who has only the page does a job against a real server."""

import ast
import hashlib
import sys
from pathlib import Path

from tests.acceptance import stranger
from tests.acceptance.conftest import Served
from tests.acceptance.office import photo
from tests.acceptance.stranger import Stranger


def test_a_stranger_imports_nothing_of_ours() -> None:
    tree = ast.parse(Path(stranger.__file__).read_text(encoding="utf-8"))
    roots = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }

    assert roots - sys.stdlib_module_names == {"httpx", "cryptography"}


def test_a_client_written_from_the_page_completes_a_job_with_a_photo(served: Served) -> None:
    tablet = Stranger(served.url)
    tablet.enrol(served.code)
    tablet.renew_token()
    tablet.sync()
    job = tablet.jobs[served.job_id]
    picture = photo("ont_mounted")
    digest = hashlib.sha256(picture).hexdigest()

    where = {"job_id": served.job_id}
    base = job["state_version"]
    tablet.say({"type": "move", **where, "event": "start", "base_state_version": base})
    note = {"field": "access_notes", "value": "gate is green", "base_version": 0, "base_value": ""}
    tablet.say({"type": "set_field", **where, **note})
    pictured = {"subject": "ont_mounted", "sha256": digest, "size_bytes": len(picture)}
    captures = [
        tablet.capture(served.job_id, body)
        for body in (
            {"type": "serial", "serial": "HWTC1A2B3C4D", "raw_text": "SN", "method": "typed"},
            {"type": "photo", **pictured},
        )
    ]
    tablet.complete(served.job_id, base + 1, captures)
    tablet.sync()
    tablet.upload(picture)
    tablet.sync()

    assert [each["verdict"] for each in tablet.verdicts] == ["applied"] * 5
    assert [each["dseq"] for each in tablet.verdicts] == [1, 2, 3, 4, 5]
    assert tablet.jobs[served.job_id]["state"] == "completed"
    assert tablet.jobs[served.job_id]["fields"]["access_notes"]["value"] == "gate is green"
    assert (served.blob_folder / digest[:2] / digest).read_bytes() == picture
    tablet.http.close()
