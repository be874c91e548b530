"""The ids that travel. Each is a UUIDv7; a NewType keeps two of them from being swapped."""

from typing import NewType
from uuid import UUID

JobId = NewType("JobId", UUID)
TechnicianId = NewType("TechnicianId", UUID)
DeviceId = NewType("DeviceId", UUID)
Incarnation = NewType("Incarnation", UUID)
CaptureId = NewType("CaptureId", UUID)
CompletionId = NewType("CompletionId", UUID)
IssueId = NewType("IssueId", UUID)
Epoch = NewType("Epoch", UUID)
