"""The operator's commands, from the first deployment to the last, on a local cloud of their own."""

import base64
from pathlib import Path

import pytest
import urllib3

from chalicelib import seal
from infra import package as packaging
from infra.local import LocalCloud
from tests.conftest import on_deployed
from tests.deploy.place import NEWS, Place, changed, empty, next_version
from tests.security import deployed as deployed_relay
from tests.security.visitor import Visitor, visitor_with_nonce
from tests.support.relays import Browser
from tests.support.worlds import World

pytestmark = [pytest.mark.cloud, pytest.mark.slow]


class UnderWay:
    """A document whose link has been mailed and that nobody has opened yet."""

    def __init__(self, world: World, product: LocalCloud) -> None:
        self.world, self.product = world, product
        self.relay, self.token, self.address = deployed_relay.sent(world, product)

    def is_delivered(self) -> bool:
        """Return whether the company opens the document and reads what was sealed; it confirms, and the document is erased."""
        browser = Browser(self.address)
        page = visitor_with_nonce(self.product.base_url, browser.nonce)
        proof = page.posts("/retrait/preuve", {"token": self.token, "adresse": self.address})
        assert proof.status == 204, proof.body
        opened = page.posts("/retrait/ouverture", {"token": self.token})
        assert opened.status == 200, opened.body
        (document,) = opened.json()["documents"]
        fetched = urllib3.request("GET", document["url"], retries=False)
        browser.confirms(self.token)
        read = seal.open_sealed(fetched.data, key=base64.b64decode(document["key"]), aad=document["aad"])
        return read == self.relay.sent[0].plain


def says(place: Place) -> str:
    """Return the page that people see first."""
    return Visitor(place.base_url).gets("/").body.decode()


def test_what_is_under_way_survives_an_upgrade_and_a_roll_back_and_a_protected_stack_everything(
    tmp_path: Path,
) -> None:
    package = packaging.build_for_here()
    for folder in ("next", "broken"):
        (tmp_path / folder).mkdir()
    upgrade = next_version(package, tmp_path / "next")
    with empty(tmp_path) as place:
        status, said = place.types("deploy", quick=False)
        assert status == 0, said
        first = place.stack.described()
        assert first is not None and first.is_locked
        assert f"Version = {first.outputs['Version']}" in said
        assert NEWS not in says(place)
        assert [deployment.worked for deployment in place.deployments()] == [True]

        with on_deployed(place.product()) as world:
            document = UnderWay(world, place.product())
            status, said = place.types("deploy", "--package", str(upgrade.zip.parent))
            assert status == 0, said
            second = place.stack.described()
            assert second is not None and second.outputs["Added"] == "two"
            assert second.outputs["ParcoursTableName"] == first.outputs["ParcoursTableName"]
            assert NEWS in says(place)
            assert document.is_delivered()

            changed(
                package,
                tmp_path / "broken",
                ("Resources.MailerPolicy.Properties.Roles", ["nobody-has-this-role"]),
            )
            status, said = place.types("deploy", "--package", str(tmp_path / "broken"))
            assert status == 1 and "ended as UPDATE_ROLLBACK_COMPLETE" in said, said
            assert "MailerPolicy: " in said and "What stood before stands again" in said
            assert NEWS in says(place)

            document = UnderWay(world, place.product())
            status, said = place.types("rollback")
            assert status == 0, said
            again = place.stack.described()
            assert again is not None and again.outputs == second.outputs, (
                "traffic is led back, the stack stays"
            )
            assert NEWS not in says(place)
            assert [deployment.version for deployment in place.deployments()] == [first.outputs["Version"]]
            assert "nothing to roll back to" in place.types("rollback")[1]

            status, said = place.types("destroy")
            assert (status, "is protected: nothing was done" in said) == (1, True), said
            place.writes(protect=False)
            assert place.types("deploy")[0] == 0
            status, said = place.types("destroy")
            assert (status, "Sealed documents are under way" in said) == (1, True), said
            assert document.is_delivered()
            place.product().purge()

        status, said = place.types("destroy")
        assert status == 0, said
        for kept in ("ParcoursTable", "AuditTable", "DocumentKey", "LinkKey", "CodeKey"):
            assert f"  {kept} (AWS::" in said.partition("What stays")[2], said
        assert place.stack.described() is None
        audit, parcours = place.operator.client("dynamodb").list_tables()["TableNames"]
        assert "-AuditTable-" in audit and parcours == first.outputs["ParcoursTableName"]
        print(
            ", ".join(f"{name} {seconds:.1f} s" for name, seconds in place.seconds)
        )  # with -s, for the curious
