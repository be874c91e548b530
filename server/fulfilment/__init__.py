"""Fulfilment: from a completion to a live and billed service, driven by a small process engine."""
