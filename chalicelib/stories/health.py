"""Whether erasing works, for pages and machines; what proves it is ``proof``, which loads all that a sending needs."""

from datetime import datetime

from chalicelib.domain import proving
from chalicelib.domain.proving import PurgeProof, Verdict
from chalicelib.stores import relay_table


def read_last_proof() -> PurgeProof | None:
    """Read what is known of the proofs; None: there was none yet."""
    return relay_table.read_purge_proof()


def check_health(now: datetime) -> tuple[Verdict, PurgeProof | None]:
    """Judge the last proof and the last comparison."""
    proof = read_last_proof()
    return proving.judge_proof(proof, now), proof
