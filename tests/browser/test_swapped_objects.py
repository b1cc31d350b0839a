"""The page gives a person what was inspected, or says that it does not: other bytes are not opened, though their key is right."""

import base64
import secrets

import pytest
from playwright.sync_api import Route, expect

from chalicelib import seal
from chalicelib.stores import aws, objects
from tests.browser.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def test_an_object_swapped_after_inspection_is_not_opened_and_the_page_says_so(stage: Stage) -> None:
    bucket = stage.cloud.environment["DOCUMENT_BUCKET"]
    kept: dict[str, bytes] = {}

    def swap(route: Route) -> None:
        """Replace what the storage holds between the opening and the download: same size, sealed under the same key."""
        response = route.fetch()
        (paper,) = response.json()["documents"]
        key = objects.object_key(*paper["aad"].split("/"))
        stored = aws.s3().get_object(Bucket=bucket, Key=key)
        kept.setdefault(key, stored["Body"].read())
        other = seal.seal(
            b"%PDF-1.7".ljust(len(kept[key]) - seal.OVERHEAD),
            key=base64.b64decode(paper["key"]),
            nonce=secrets.token_bytes(12),
            aad=paper["aad"],
        )
        aws.s3().put_object(Bucket=bucket, Key=key, Body=other, Metadata=stored["Metadata"])
        route.fulfill(response=response)

    mail = stage.sends()
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.answers(stage.recipient)
    company.page.route("**/retrait/ouverture", swap)
    company.opens()

    expect(company.page.locator("#lecture-erreur")).to_contain_text(
        "n’est pas le document que nous avions contrôlé"
    )
    expect(company.page.locator("#lecture-erreur")).to_contain_text("prévenez Marie-Laure Estève")
    expect(company.page.locator("#papiers")).to_contain_text("Refusé, pas ouvert")
    expect(company.page.locator("#lu")).to_be_hidden()
    assert company.page.locator("[data-lire][href^=blob]").count() == 0

    company.page.unroute("**/retrait/ouverture")
    ((key, blob),) = kept.items()
    aws.s3().put_object(
        Bucket=bucket, Key=key, Body=blob, Metadata=aws.s3().head_object(Bucket=bucket, Key=key)["Metadata"]
    )
    company.page.get_by_role("button", name="Réessayer").click()
    expect(company.page.locator("#lu")).to_be_visible()
