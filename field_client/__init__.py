"""The tablet: encrypted replica, capture, scanner, sync engine."""
