"""Cold starts of the package, each a process of its own that knows the unpacked zip alone.

What is printed are ratios to a bare Chalice with four AWS clients, started in the same rounds: processor time until the first
answer, since that is what a function's share of a processor turns into waiting, and the time on the clock beside it, which holds
what the emulator takes. ``measured`` is what ``make bench`` calls; ``python -m tests.bench.cold`` prints it alone.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chalicelib.domain.kernel.values import Role
from chalicelib.stores import values
from chalicelib.stories.documents import opening
from chalicelib.web.kit.http import JSON, NONCE_COOKIE
from infra import package
from infra.local import LocalCloud, running
from tests.conftest import on_cloud
from tests.support import factories, http, relays
from tests.support.relays import Browser
from tests.support.worlds import World
from tests.support.writing import add_records

RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What Lambda's Python has beside the standard library, and the bare one starts with."""
BARE = "bare Chalice and four clients"
ROUNDS = 9
LISTED = 20
"""Parcours on the signed-in list."""
START = """
import time
wall, cpu = time.perf_counter(), time.process_time()
import sys
sys.path[:0] = sys.argv[3:]
module, name = sys.argv[1].rsplit(".", 1)
handler = getattr(__import__(module, fromlist=[name]), name)
import json
answer = handler(json.loads(sys.argv[2]), None)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
import resource
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
children = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu += children.ru_utime + children.ru_stime
print(json.dumps([answer, wall * 1000, cpu * 1000, int(peak.split()[1]) / 1000]))
"""
BARE_APP = """
import boto3
from chalice import Chalice

app = Chalice(app_name="bare")
clients = [boto3.client(name) for name in ("dynamodb", "s3", "kms", "sesv2")]

@app.route("/")
def index():
    return {}
"""

Event = dict[str, Any]


@dataclass(frozen=True)
class Start:
    """The cold starts of one thing, over the rounds of a run."""

    cpu_ms: tuple[float, ...]
    wall_ms: tuple[float, ...]
    memory_mb: tuple[float, ...]

    def over(self, bare: "Start") -> tuple[float, float]:
        """How many times the bare one it takes, by processor and by clock: medians."""
        return (
            statistics.median(self.cpu_ms) / statistics.median(bare.cpu_ms),
            statistics.median(self.wall_ms) / statistics.median(bare.wall_ms),
        )


@dataclass(frozen=True)
class Scene:
    """What is started: a handler of the package, the event of one round, and what a right answer holds."""

    handler: str
    event: Callable[[], Event]
    answers: Callable[[Any], bool]


def unpacked(zipped: Path, folder: Path) -> Path:
    """Unpack the zip as Lambda does; return where, a folder of this one."""
    task = folder / "task"
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(task)
    return task


def _runtime(folder: Path) -> Path:
    """Copy what Lambda's Python has beside the zip, as compiled as there; return where, a folder of this one."""
    runtime = folder / "runtime"
    runtime.mkdir()
    for name in RUNTIME:
        spec = find_spec(name)
        assert spec is not None and spec.origin is not None
        source = Path(spec.origin)
        if source.name == "__init__.py":
            shutil.copytree(source.parent, runtime / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, runtime)
    _compile(runtime)
    return runtime


def _compile(folder: Path) -> None:
    """With the Python that runs the package, whichever runs this."""
    compiler = package.for_lambda().compiler
    subprocess.run([compiler, "-m", "compileall", "-q", str(folder)], check=True)


def _bare(folder: Path) -> Path:
    """The thing to compare with: Chalice as it is, and the clients as anybody makes them."""
    spec = find_spec("chalice")
    assert spec is not None and spec.origin is not None
    (folder / "chalice").mkdir(parents=True)
    for name in ("__init__.py", "app.py"):  # what Chalice puts into a zip of its own
        shutil.copy(Path(spec.origin).with_name(name), folder / "chalice" / name)
    (folder / "app.py").write_text(BARE_APP)
    _compile(folder)
    return folder


def _get(path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Callable[[], Event]:
    return lambda: http.event(method, path, {"Host": "localhost:8000", "Accept": "*/*", **(headers or {})})


def _is_page(answer: Any) -> bool:
    return bool(answer["statusCode"] == 200 and answer["body"].lstrip().startswith("<!doctype html>"))


def _answers(answer: Any) -> bool:
    return bool(answer["statusCode"] == 200)


def _scenes(world: World) -> dict[str, Scene]:
    """In the order of the table."""
    relay, team = relays.started(world), factories.account(Role.TEAM)
    add_records(team)
    for _ in range(LISTED):
        relays.takes(world, relay.tutor)
    token, browser = relay.sends(), Browser()
    session = http.signed_in(team).cookies

    def cookies(jar: dict[str, str]) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}

    def glimpse() -> Event:
        sent = {"Content-Type": JSON, "Origin": "http://localhost:8000"}
        asked = _get("/retrait/apercu", {**sent, **cookies({NONCE_COOKIE: browser.nonce})}, "POST")()
        return {**asked, "body": json.dumps({"token": token})}

    def proved() -> Event:
        fresh, reader = relays.started(world), Browser()
        reader.proves(link := fresh.sends())
        return {
            "token": link,
            "browser": reader.digest,
            "pointer": values.write(opening.find_pointer(link)),
        }

    def uploaded() -> Event:
        fresh = relays.started(world)
        fresh.announces()
        place = {"bucket": {"name": world.environment["DOCUMENT_BUCKET"]}, "object": {"key": fresh.uploads()}}
        facts = {"version": "0", "id": "1", "account": "0" * 12, "region": "eu-west-3", "resources": []}
        kind = {"time": "2026-12-01T11:00:00Z", "source": "aws.s3", "detail-type": "Object Created"}
        return {**facts, **kind, "detail": place}

    return {
        "HEAD /sante": Scene("app.app", _get("/sante", method="HEAD"), _answers),
        "GET /sante": Scene("app.app", _get("/sante"), _answers),
        "GET /": Scene("app.app", _get("/"), _is_page),
        "GET /connexion": Scene("app.app", _get("/connexion"), _is_page),
        "GET /retrait": Scene("app.app", _get("/retrait"), _is_page),
        "POST /retrait/apercu": Scene("app.app", glimpse, _answers),
        "GET /parcours, signed in": Scene("app.app", _get("/parcours", cookies(session)), _is_page),
        "unseal, an opening": Scene("chalicelib.jobs.unseal", proved, lambda answer: "documents" in answer),
        "inspect, a document": Scene("chalicelib.jobs.inspect", uploaded, lambda answer: answer is None),
    }


def measured(cloud: LocalCloud, zipped: Path, rounds: int = ROUNDS, only: str = "") -> dict[str, Start]:
    """Start everything once a round, in turn, against the local cloud; the bare one first, under ``BARE``.

    Args:
        only: scenes whose name holds it.
    """
    with tempfile.TemporaryDirectory() as scratch, on_cloud(cloud) as world:
        task, runtime = unpacked(zipped, Path(scratch)), _runtime(Path(scratch))
        bare = _bare(Path(scratch) / "bare")
        scenes = {name: scene for name, scene in _scenes(world).items() if only in name}
        starts: dict[str, list[list[float]]] = {BARE: [], **{name: [] for name in scenes}}
        for _ in range(rounds):
            times, _answer = _start("app.app", _get("/")(), world.environment, bare, runtime)
            starts[BARE].append(times)
            for name, scene in scenes.items():
                times, answer = _start(scene.handler, scene.event(), world.environment, task)
                assert scene.answers(answer), f"{name}: {answer}"
                starts[name].append(times)
        return {name: Start(*zip(*times, strict=True)) for name, times in starts.items()}


def _start(
    handler: str, event: Event, environment: dict[str, str], *folders: Path
) -> tuple[list[float], Any]:
    """One process that imports from these folders: what it took by the processor and by the clock, its memory, and its answer."""
    arguments = (handler, json.dumps(event), *map(str, folders))
    done = subprocess.run(
        [package.for_lambda().compiler, "-S", "-E", "-B", "-c", START, *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    answer, wall, cpu, memory = json.loads(done.stdout.strip().splitlines()[-1])
    return [cpu, wall, memory], answer


def main() -> None:
    """Print one line for each start."""
    with running() as cloud:
        starts = measured(cloud, package.build().zip, only=sys.argv[1] if len(sys.argv) > 1 else "")
    for name, start in starts.items():
        by_cpu, by_clock = start.over(starts[BARE])
        spread = (
            f"{min(start.cpu_ms):.0f} · {statistics.median(start.cpu_ms):.0f} · {max(start.cpu_ms):.0f} ms"
        )
        print(
            f"{name:<32}{by_cpu:>6.2f} ×{by_clock:>6.2f} × by clock   {spread:<22}{statistics.median(start.memory_mb):>5.0f} MB"
        )


if __name__ == "__main__":
    main()
