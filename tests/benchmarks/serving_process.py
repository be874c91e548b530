"""The server of ``bench sync``: the real application, with one route more that does nothing.

``POST /noop`` stands in the same application and process, passes the same hooks, reads and unpacks
the body as ``/sync/v1`` does, and answers as many bytes as its query says. It neither asks who
calls nor opens the database. What a push costs beyond it is ours.
"""

import os
import random
import sys
from pathlib import Path
from typing import Final

import uvicorn
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server import logs, settings
from server.app import build_app
from server.database import Store
from server.opened import opened_url
from server.problems import HttpRequest
from server.routes import api_routes
from server.serving import take_address
from server.sync.blob_store import FolderBlobStore
from sync_protocol import wire

ANSWER: Final = "".join(
    random.Random(1).choices("abcdefghijklmnopqrstuvwxyz ", k=200_000)  # noqa: S311  no secret
).encode()


@post("/noop", status_code=200)
async def noop(request: HttpRequest, answer_bytes: FromQuery[int]) -> Response[bytes]:
    """Read, and answer so many bytes."""
    wire.decompress(await request.body())
    return Response(ANSWER[:answer_bytes], media_type="application/json")


@get("/commits")
async def commits(store: NamedDependency[Store]) -> int:
    """Tell how many commits there were, from which the size of a group follows."""
    return store.commits


def main() -> None:
    """Serve until a signal ends it; the settings come by the environment alone."""
    known = settings.load(None, os.environ)
    logs.configure(known.log_level)
    with opened_url(known.database_url) as store, take_address(known) as listener:
        app = build_app(
            known,
            store,
            routes=(api_routes(FolderBlobStore(Path(known.blob_folder)), known), noop, commits),
        )
        sys.stdout.write(f'{{"ready": true, "port": {listener.getsockname()[1]}}}\n')
        sys.stdout.flush()
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
