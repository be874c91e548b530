"""tuspy, as its users install it, uploads to the real server."""

import hashlib
import io
from collections.abc import Callable
from typing import Any, cast

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from tests.acceptance.conftest import Served
from tests.acceptance.stranger import Stranger

PHOTO = bytes(range(256)) * 1000
DIGEST = hashlib.sha256(PHOTO).hexdigest()
PIECE = 100_000


@pytest.fixture
def headers(served: Served) -> dict[str, str]:
    tablet = Stranger(served.url)
    tablet.enrol(served.code)
    tablet.http.close()
    return tablet.headers


def upload(
    served: Served, headers: dict[str, str], *, digest: str | None = DIGEST, **more: object
) -> Any:  # noqa: ANN401  tuspy's parameters have no types
    client = TusClient(f"{served.url}/blobs", headers=headers)
    uploader = cast("Callable[..., Any]", client.uploader)  # pyright: ignore[reportUnknownMemberType]  as above
    metadata = {"sha256": digest} if digest else {}
    return uploader(
        file_stream=io.BytesIO(PHOTO), metadata=metadata, **{"chunk_size": PIECE, **more}
    )


def status_of(act: Callable[[], object]) -> int | None:
    with pytest.raises((TusCommunicationError, TusUploadFailed)) as refused:
        act()
    return cast("Any", refused.value).status_code


def test_tuspy_uploads_a_photo_in_pieces(served: Served, headers: dict[str, str]) -> None:
    upload(served, headers).upload()

    assert (served.blob_folder / DIGEST[:2] / DIGEST).read_bytes() == PHOTO


def test_tuspy_goes_on_after_a_cut_where_the_server_stopped(
    served: Served, headers: dict[str, str]
) -> None:
    first = upload(served, headers)
    first.upload_chunk()

    second = upload(served, headers, url=first.url)
    assert second.offset == PIECE
    second.upload()

    assert (served.blob_folder / DIGEST[:2] / DIGEST).read_bytes() == PHOTO


def test_tuspy_hears_every_refusal(served: Served, headers: dict[str, str]) -> None:
    begun = upload(served, headers)
    begun.upload_chunk()
    begun.offset = 7

    assert status_of(begun.upload_chunk) == 409
    assert status_of(upload(served, headers, digest=None).upload) == 400
    assert status_of(upload(served, headers, digest="0" * 64).upload) == 460
    assert status_of(upload(served, {"Authorization": "Bearer nobody's"}).upload) == 401
    assert status_of(upload(served, {**headers, "Tus-Resumable": "0.2.2"}).upload) == 412
