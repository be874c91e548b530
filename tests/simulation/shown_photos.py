"""What a tablet holds of earlier visits: only what a job of its shows, and whole."""

from field_client.replica.earlier_photos import list_earlier_photos, list_showings
from field_client.storage import BlobUnreadable
from tests.simulation.tablet import Tablet


def faults_of(tablet: Tablet) -> list[str]:
    """Name the photos that no job here shows, and those that are said to be here and are not."""
    shown = {sha256 for job in tablet.read(list_showings) for sha256 in job.photos}
    held = tablet.read(list_earlier_photos)
    foreign = [photo.sha256 for photo in held if photo.sha256 not in shown]
    lost = [photo.sha256 for photo in held if photo.is_here and not _opens(tablet, photo.sha256)]
    return [
        *(f"{tablet.name} holds photo {sha256}, which no job here shows" for sha256 in foreign),
        *(f"{tablet.name} says that photo {sha256} is here; it is not" for sha256 in lost),
    ]


def _opens(tablet: Tablet, sha256: str) -> bool:
    try:
        tablet.blobs.get(sha256)
    except BlobUnreadable:
        return False
    return True
