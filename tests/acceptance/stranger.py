"""A client of FLS/1 by somebody who has docs/protocol.md and nothing of ours."""

import base64
import gzip
import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DOMAIN: Final = b"firstlight/evidence/1\n"
PIECE_BYTES: Final = 1000


class Stranger:
    """One tablet: enrols, pulls, says what happened, sends photos."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60)
        self.key = Ed25519PrivateKey.generate()
        self.incarnation = new_id()
        self.started = time.monotonic()
        self.headers: dict[str, str] = {}
        self.device_id = ""
        self.acked = 0
        self.chain = hashlib.sha256(
            b"firstlight/chain/1" + uuid.UUID(self.incarnation).bytes
        ).hexdigest()
        self.pending: list[bytes] = []
        self.place: dict[str, Any] = {}
        self.jobs: dict[str, Any] = {}
        self.verdicts: list[Any] = []

    def enrol(self, code: str) -> None:
        answer = self.http.post(
            "/devices/v1/enrol",
            json={
                "code": code,
                "device_name": "a stranger",
                "public_key": b64(self.key.public_key().public_bytes_raw()),
                "incarnation": self.incarnation,
                "app_version": "stranger 1",
            },
        )
        assert answer.status_code == 201, answer.text
        self.device_id = answer.json()["device_id"]
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def renew_token(self) -> None:
        where = {"device_id": self.device_id}
        challenge = self.http.post("/devices/v1/challenge", params=where).json()["challenge"]
        signed = b"firstlight/token/1\n" + uuid.UUID(self.device_id).bytes + challenge.encode()
        answer = self.http.post(
            "/devices/v1/token",
            json={**where, "challenge": challenge, "signature": b64(self.key.sign(signed))},
        )
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def moment(self) -> dict[str, Any]:
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(time.time()))
        passed_ms = int((time.monotonic() - self.started) * 1000)
        wall = now.isoformat().replace("+00:00", "Z")
        return {"wall": wall, "monotonic_ms": passed_ms, "boot_id": "stranger's boot"}

    def say(self, *bodies: Mapping[str, Any]) -> None:
        """Keep operations as the bytes that will be sent; the odd spacing is allowed."""
        tx = new_id()
        for body in bodies:
            number = self.acked + len(self.pending) + 1
            operation = {"dseq": number, "tx": tx, "at": self.moment(), "body": body}
            self.pending.append(json.dumps(operation, separators=(" , ", " : ")).encode())

    def capture(self, job_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Record a capture; answer how a manifest names it."""
        capture = {"id": new_id(), "at": self.moment(), "body": body}
        self.say({"type": "capture", "job_id": job_id, "capture": capture})
        return {"capture_id": capture["id"], "digest": sha256(DOMAIN + canonical(capture))}

    def complete(self, job_id: str, base: int, captures: Sequence[Mapping[str, Any]]) -> None:
        manifest = {
            "completion_id": new_id(),
            "job_id": job_id,
            "captures": captures,
            "completed_at": self.moment(),
        }
        signature = b64(self.key.sign(DOMAIN + canonical(manifest)))
        self.say(
            {"type": "complete", "job_id": job_id, "code": "D02", "base_state_version": base,
             "manifest": manifest, "signature": signature}
        )  # fmt: skip

    def sync(self) -> None:
        """Push and pull until there is no more, then apply what came."""
        staged: list[Any] = []
        more = True
        while more:
            answer = self._ask()
            self.verdicts += answer["verdicts"]
            del self.pending[: answer["acked_dseq"] - self.acked]
            self.acked, self.chain = answer["acked_dseq"], answer["chain"]
            self.place = {"epoch": answer["epoch"], "cursor": answer["pull"]["cursor"]}
            staged += answer["pull"]["entries"]
            more = answer["pull"]["more"] or bool(self.pending)
        for entry in staged:
            if entry["type"] in {"job_entered", "job_updated"}:
                self.jobs[entry["job"]["id"]] = entry["job"]
            elif entry["type"] == "job_left":
                self.jobs.pop(entry["job_id"], None)

    def _ask(self) -> dict[str, Any]:
        head = {
            "protocol": 2,
            "app_version": "stranger 1",
            "incarnation": self.incarnation,
            "chain_before": self.chain,
            "clock": self.moment(),
            **self.place,
        }
        body = json.dumps(head).encode()[:-1]
        body += b', "operations": [ ' + b" ,\n".join(self.pending[:500]) + b" ]}"
        headers = {**self.headers, "Content-Encoding": "gzip"}
        answer = self.http.post("/sync/v1", content=gzip.compress(body), headers=headers)
        assert answer.status_code == 200, answer.text
        chain = self.chain
        for raw in self.pending[:500]:
            chain = sha256(bytes.fromhex(chain) + raw)
        assert answer.json()["chain"] == chain
        return answer.json()

    def upload(self, content: bytes) -> None:
        """Send a blob by tus."""
        headers = {**self.headers, "Tus-Resumable": "1.0.0"}
        named = f"sha256 {b64(sha256(content).encode())}"
        size = str(len(content))
        begun = self.http.post(
            "/blobs", headers={**headers, "Upload-Length": size, "Upload-Metadata": named}
        )
        where = begun.headers["location"]
        offset = int(self.http.head(where, headers=headers).headers["upload-offset"])
        piece_type = {"Content-Type": "application/offset+octet-stream"}
        while offset < len(content):
            answer = self.http.patch(
                where,
                content=content[offset : offset + PIECE_BYTES],
                headers={**headers, **piece_type, "Upload-Offset": str(offset)},
            )
            assert answer.status_code == 204, answer.text
            offset = int(answer.headers["upload-offset"])


def canonical(fact: Mapping[str, Any]) -> bytes:
    """Enough for facts without places and defaults, whose texts are ASCII."""
    return json.dumps(fact, sort_keys=True, separators=(",", ":")).encode()


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def new_id() -> str:
    """Make a UUIDv7."""
    number = int(time.time() * 1000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=number & ~(3 << 62) | 2 << 62))
