"""The floor of a relay: what it cannot but ask of AWS between announcement and reading, by hand, in one process.

The sequence is fixed and does not follow the product, so that each call that the product spares shows as a better ratio.
"""

import secrets
import urllib.request

import boto3

from chalicelib import seal
from infra.local import LocalCloud
from tests.security.visitor import post_form

ITEM_BYTES = 1_000


class Floor:
    """The calls of one relay on the deployed tables, bucket and keys, with the emulator's root credentials."""

    def __init__(self, cloud: LocalCloud, document: bytes) -> None:
        self.names, self.document = cloud.environment, document
        self.db, self.s3, self.kms = (cloud.client(name) for name in ("dynamodb", "s3", "kms"))
        self.ses = boto3.client(
            "sesv2",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            endpoint_url=cloud.mail_url,
            region_name=self.names["AWS_REGION"],
        )

    def relay(self) -> None:
        """One relay: 30 calls."""
        key, mark = secrets.token_bytes(32), secrets.token_hex(16)
        context, place = {"deposit": mark}, (self.names["DOCUMENT_BUCKET"], f"floor/{mark}")
        mac = {"KeyId": self.names["LINK_KEY"], "MacAlgorithm": "HMAC_SHA_256", "Message": mark.encode()}
        # Announced: who sends what; the key is wrapped; the deposit is written.
        self._reads(mark, 3)
        wrapped = self.kms.encrypt(
            KeyId=self.names["DOCUMENT_KEY"], Plaintext=key, EncryptionContext=context
        )["CiphertextBlob"]
        self._writes(mark, 4)
        form = self.s3.generate_presigned_post(*place)
        assert post_form(form, seal.seal(self.document, key=key, nonce=bytes(12), aad=mark)) == 204
        # Inspected: what arrived is what was announced, and can be read.
        self._reads(mark, 2)
        blob = self.s3.get_object(Bucket=place[0], Key=place[1])["Body"].read()
        seal.open_sealed(blob, key=self._unwrapped(wrapped, context), aad=mark)
        self._writes(mark, 5)
        # Mailed, to the recipient and to who sent it: taken, sent, noted.
        for writes in (4, 1):
            self._reads(mark, 4)
            token = self.kms.generate_mac(**mac)["Mac"]
            self._writes(mark, writes)
            self._sends()
            self._writes(mark, writes)
        # Looked at; the question answered; opened.
        for _ in range(2):
            self._reads(mark, 1)
            self._reads(mark, 4)
        self._writes(mark, 2)
        self._reads(mark, 1)
        self._reads(mark, 4)
        self.kms.verify_mac(**mac, Mac=token)
        self.s3.head_object(Bucket=place[0], Key=place[1])
        key = self._unwrapped(wrapped, context)
        self._writes(mark, 4)
        address = self.s3.generate_presigned_url("get_object", {"Bucket": place[0], "Key": place[1]})
        with urllib.request.urlopen(address) as answer:
            assert seal.open_sealed(answer.read(), key=key, aad=mark) == self.document

    def _reads(self, mark: str, items: int) -> None:
        keys = [{"pk": {"S": f"floor#{mark}"}, "sk": {"S": str(number)}} for number in range(items)]
        self.db.batch_get_item(RequestItems={self.names["RELAY_TABLE"]: {"Keys": keys}})

    def _writes(self, mark: str, items: int) -> None:
        table, filling = self.names["RELAY_TABLE"], {"S": "x" * ITEM_BYTES}
        given = [
            {"pk": {"S": f"floor#{mark}"}, "sk": {"S": str(number)}, "filling": filling}
            for number in range(items)
        ]
        self.db.transact_write_items(
            TransactItems=[{"Put": {"TableName": table, "Item": item}} for item in given]
        )

    def _unwrapped(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        return bytes(self.kms.decrypt(CiphertextBlob=wrapped, EncryptionContext=context)["Plaintext"])

    def _sends(self) -> None:
        mail = f"From: {self.names['MAIL_FROM']}\nTo: x@y.example\nSubject: x\n\n{'x' * 998}\n".encode()
        self.ses.send_email(Destination={"ToAddresses": ["x@y.example"]}, Content={"Raw": {"Data": mail}})
