from tests.server.console.fixtures import (
    app,
    client,
    dispatcher,
    house,
    open_client,
    streams,
    town,
)

__all__ = ["app", "client", "dispatcher", "house", "open_client", "streams", "town"]
