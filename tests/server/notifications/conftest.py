from tests.server.fulfilment.conftest import shift, town

__all__ = ["shift", "town"]
