"""What cannot be done to the simulated OLT; nothing changed, and the text says what can."""


class PortUnknown(Exception):
    """The OLT has no such port; name one that the scenario lists."""


class OntAlreadyPlugged(Exception):
    """The serial is on a fiber already; unplug it first."""


class OntNotPlugged(Exception):
    """No ONT with this serial is on a fiber."""


class NotThere(Exception):
    """The OLT's configuration holds nothing of this name."""


class InTheWay(Exception):
    """Something that the OLT holds already, or lacks, forbids it."""
