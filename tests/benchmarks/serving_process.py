"""The server of ``bench sync``: the real application, with one route more that does nothing.

``POST /noop`` stands in the same application and process, passes the same hooks, reads and unpacks
the body as ``/sync/v1`` does, and packs and answers what it was given by ``PUT /noop``: the answer
of a real push. It neither asks who calls nor opens the database. What a push costs beyond it is
ours.
"""

import os
import sys
from pathlib import Path

import uvicorn
from litestar import Response, get, post, put
from litestar.di import NamedDependency

from server import interpreter, logs, settings
from server.app import build_app
from server.console.headers import FOR_TABLETS, SENT_AS_IT_IS
from server.database import Store
from server.opened import opened_url
from server.problems import HttpRequest
from server.routes import api_routes
from server.serving import take_address
from server.sync import api as sync_api
from server.sync.blob_store import FolderBlobStore
from sync_protocol import wire

_kept: dict[str, bytes] = {}


@put("/noop", opt={SENT_AS_IT_IS: True})
async def keep(request: HttpRequest) -> None:
    """Take the answer that the no-op gives."""
    _kept["answer"] = await request.body()


@post("/noop", status_code=200, opt={FOR_TABLETS: True, SENT_AS_IT_IS: True})
async def noop(request: HttpRequest) -> Response[bytes]:
    """Read and unpack, pack and answer."""
    wire.decompress(await request.body())
    return sync_api.packed(_kept["answer"], request.headers.get("accept-encoding", ""))


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
            routes=(
                api_routes(FolderBlobStore(Path(known.blob_folder)), known),
                keep,
                noop,
                commits,
            ),
        )
        sys.stdout.write(f'{{"ready": true, "port": {listener.getsockname()[1]}}}\n')
        sys.stdout.flush()
        interpreter.settle()
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
