"""Reading the label of an ONT: codes on a photo or a camera's frame, and what their texts mean."""

from field_client.scanning.engines import find_zbar
from field_client.scanning.label_scanner import LabelScanner
from field_client.scanning.labels import interpret
from field_client.scanning.reading import (
    Candidate,
    Kind,
    NotAnImage,
    Refusal,
    Scanner,
    ScanResult,
)

__all__ = [
    "Candidate",
    "Kind",
    "LabelScanner",
    "NotAnImage",
    "Refusal",
    "ScanResult",
    "Scanner",
    "find_zbar",
    "interpret",
]
