"""A night in which erasing is proved: the site answers in this process over HTTP, the other functions work between two looks."""

import email
import email.policy
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest

from chalicelib import clock, config
from chalicelib.domain import proving
from chalicelib.domain.proving import PurgeProof
from chalicelib.stores import aws, objects, relay_table
from chalicelib.stories import health, proof, retention
from chalicelib.stories.documents import inspecting
from chalicelib.stories.mails import mailing
from tests.conftest import Clock
from tests.support.http import Client
from tests.support.worlds import World

PROOF_ADDRESS = "preuve@passe-plat.example"
STORAGE = "/storage"
FORM_URL = re.compile(r'"url":"[^"]*"')


class _Site(BaseHTTPRequestHandler):
    """The product's own pages, as the gateway hands requests to them, and a storage that takes what a form brings."""

    def do_POST(self) -> None:
        """Pass the request to the storage or to the app; answer 502 when the function dies, as the gateway does."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status, text = self._stored(body) if self.path == STORAGE else self._answered(body.decode())
        except BaseException:  # the process died: the gateway says so
            status, text = 502, ""
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def _answered(self, body: str) -> tuple[int, str]:
        """Answer a request by the app; the upload forms in the answer lead back here, since no emulator in this process has the
        bucket's own host.
        """
        given = {"Cookie": self.headers["Cookie"]}
        asked = {"content_type": self.headers["Content-Type"], "origin": self.headers["Origin"]}
        answer = Client().send("POST", self.path, body, headers=given, **asked)
        return answer.status, FORM_URL.sub(f'"url":"{config.public_base_url()}{STORAGE}"', answer.text)

    def _stored(self, body: bytes) -> tuple[int, str]:
        """Store the file of a posted upload form in the bucket, as S3 would."""
        whole = b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body
        parts: dict[str, bytes] = {}
        for part in email.message_from_bytes(whole, policy=email.policy.HTTP).iter_parts():
            name = part.get_param("name", header="content-disposition")
            parts[str(name)] = cast(bytes, part.get_payload(decode=True))
        fields = {name: value.decode() for name, value in parts.items() if name != "file"}
        aws.s3().put_object(
            Bucket=config.resource("DOCUMENT_BUCKET"),
            Key=fields["key"],
            Body=parts["file"],
            Metadata={"key": fields[objects.KEY_FIELD], "parcours": fields[objects.PARCOURS_FIELD]},
        )
        return 204, ""

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@dataclass
class Night:
    """One world in which the nightly proof of erasure runs; ``stopped`` names functions that do nothing, ``looks`` counts how
    often the proof has waited.
    """

    world: World
    time: Clock
    stopped: set[str] = field(default_factory=set)
    """Functions that stand still: ``inspect``, ``mailer``, ``purge``."""
    looks: int = 0

    def run(self) -> proof.Report:
        """Run the proof once; return its report."""
        return proof.run(now=clock.utc_now(), pause=self.passes)

    def passes(self) -> None:
        """Let 40 seconds pass between two looks of the proof, in which the functions that are not stopped do their work."""
        self.looks += 1
        self.time.passes(seconds=40)
        if "inspect" not in self.stopped:
            for key in self.world.objects():
                inspecting.inspect(key, now=clock.utc_now())
        if "mailer" not in self.stopped:
            waiting = [mail for mail in self.world.table("RELAY_TABLE") if mail["pk"].startswith("mail#")]
            mailing.send_all([mail["key"] for mail in waiting], now=clock.utc_now())
        if "purge" not in self.stopped:
            self.purges()

    def purges(self) -> retention.Report:
        """Run the minute function."""
        return retention.purge(now=clock.utc_now())

    def read_proof(self) -> PurgeProof:
        """Return what is stored of the proofs."""
        proof = relay_table.read_purge_proof()
        assert proof is not None
        return proof

    def health(self) -> proving.Verdict:
        """Return what the health check says of the last proof now."""
        return health.check_health(clock.utc_now())[0]

    def list_stored(self) -> list[str]:
        """Return the keys of everything that is stored, except what is known of the proofs and what is counted of sendings."""
        keys = [item["pk"] for name in ("PARCOURS_TABLE", "RELAY_TABLE") for item in self.world.table(name)]
        stored = [
            key for key in keys if key not in {"erasure", "rate"} and not key.startswith("count#deposit#")
        ]
        return [*stored, *self.world.objects()]


@contextmanager
def begin_night(world: World, time: Clock) -> Iterator[Night]:
    """Begin a night in this world, whose site and storage are served on a port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PUBLIC_BASE_URL", "STORAGE_ORIGIN"):
            patch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        patch.setenv("PROOF_ADDRESS", PROOF_ADDRESS)
        yield Night(world, time)
    server.shutdown()
    server.server_close()
    thread.join()
