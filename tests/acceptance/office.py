"""The office and the technicians of a story, through what everybody may call."""

import io
from typing import Any, Final, Self

import httpx
import msgspec
from PIL import Image

from sync_protocol.optics import LightPath

SCOPES: Final = (
    "feed:read", "jobs:read", "jobs:write", "orders:read", "orders:write", "people:write",
    "webhooks:write",
)  # fmt: skip
SIGNATURE: Final = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L9 9"/></svg>'


class Caller:
    """Somebody who calls one API with one token and expects success."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        # A connection that lies idle may be closed by the server just as it is used again.
        none_kept = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=url, headers=headers, timeout=60, limits=none_kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_about: object) -> None:
        self.http.close()

    def get(self, path: str) -> Any:  # noqa: ANN401  any JSON
        return self._read(self.http.get(path))

    def post(self, path: str, **body: object) -> Any:  # noqa: ANN401  any JSON
        return self._read(self.http.post(path, json=body))

    def send(self, path: str, content: bytes, media_type: str) -> Any:  # noqa: ANN401  any JSON
        headers = {"content-type": media_type}
        return self._read(self.http.post(path, content=content, headers=headers))

    def _read(self, answer: httpx.Response) -> Any:  # noqa: ANN401  any JSON
        assert answer.is_success, f"{answer.request.url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def job_on(tablet: Caller, job_id: str) -> Any:  # noqa: ANN401  any JSON
    return tablet.get(f"/jobs/{job_id}")


def light_path(job: Any) -> LightPath:  # noqa: ANN401  any JSON
    return msgspec.convert(job["document"]["plant"]["light_path"], LightPath)


def do_the_job(tablet: Caller, job_id: str, *, serial: str, reading: str) -> Any:  # noqa: ANN401  any JSON
    """Do all that an install needs, on the tablet alone; answer what it makes of the light."""
    for event in ("accept", "depart", "arrive", "start"):
        tablet.post(f"/jobs/{job_id}/moves", event=event)
    tablet.post(f"/jobs/{job_id}/scan", text=f"S/N {serial}")
    judged = tablet.post(f"/jobs/{job_id}/light", reading=reading)
    for subject in job_on(tablet, job_id)["document"]["required_photos"]:
        tablet.send(f"/jobs/{job_id}/photos?subject={subject}", photo(subject), "image/jpeg")
    tablet.post(
        f"/jobs/{job_id}/signature", signer_name="Erika", statement="It works.", svg=SIGNATURE
    )
    tablet.post(f"/jobs/{job_id}/complete", code="D02")
    return judged


def photo(subject: str) -> bytes:
    """Make a small picture, another one for each subject."""
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), (len(subject) * 9 % 255, 80, 40)).save(stream, "JPEG")
    return stream.getvalue()
