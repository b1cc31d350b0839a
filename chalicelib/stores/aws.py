"""The AWS clients of this process, made when first used, and how their failures are read and waited out."""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, ParamSpec

import boto3
import botocore
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import log
from chalicelib.errors import TryAgain

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_kms.client import KMSClient
    from mypy_boto3_lambda.client import LambdaClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sesv2.client import SESV2Client

Given = ParamSpec("Given")

PASSING = frozenset(
    {
        "InternalServerError",
        "ServiceUnavailable",
        "LimitExceededException",
        "RequestLimitExceeded",
        "SlowDown",
    }
    | {
        "ProvisionedThroughputExceededException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
    | {"TransactionInProgressException", "DependencyTimeoutException", "DisabledException"}
    | {"KMSInternalException", "KMSInvalidStateException", "KeyUnavailableException"}
)
"""Codes after which the same call may succeed: load, and a key that an operator switched off for a while."""

JITTER_SECONDS = 0.05
LONGEST_DOUBLING = 3
"""Pauses of up to 0.05, 0.1, 0.2, then 0.4 seconds each time."""

IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"
"""A variable that Lambda sets."""


@cache
def _session() -> Session:
    """Return the session of boto3; a function logs which versions run, once in a process, when it first makes a client."""
    if IN_LAMBDA in os.environ:  # commands print for people
        log.line("sdk", python=sys.version.split()[0], boto3=boto3.__version__, botocore=botocore.__version__)
    return Session()


@cache
def _client(service: Any) -> Any:
    """Return the client of a service, made once in this process."""
    # Shorter than the API's 29 seconds even when every attempt is used. A lost answer of the mail service or of a function
    # is not asked for again: the mail may have left (the outbox sends it again, once its lease has lapsed), the callee acted.
    attempts = 1 if service in {"sesv2", "sns", "lambda"} else 3
    config = Config(
        connect_timeout=2,
        read_timeout=20 if service == "lambda" else 7,
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={"addressing_style": "virtual"},  # the regional host: what the CSP and the bucket's CORS name
        signature_version="s3v4" if service == "s3" else None,
        # Half of a transaction's time in this process; the tables check the same, and answer with a fault as well.
        parameter_validation=service != "dynamodb",
        user_agent="passe-plat",  # the usual one is put together anew for each call, a tenth of its time
    )
    return _session().client(service, config=config)


def dynamodb() -> "DynamoDBClient":
    """Return the client of DynamoDB, which holds the tables."""
    client: DynamoDBClient = _client("dynamodb")
    return client


def s3() -> "S3Client":
    """Return the client of S3, which holds the documents."""
    client: S3Client = _client("s3")
    return client


def kms() -> "KMSClient":
    """Return the client of KMS, which holds the keys."""
    client: KMSClient = _client("kms")
    return client


def ses() -> "SESV2Client":
    """Return the client of SES, which sends the mails."""
    client: SESV2Client = _client("sesv2")
    return client


def sns() -> Any:
    """Return the client of SNS, which sends the SMS; its types are not installed."""
    return _client("sns")


def lambda_() -> "LambdaClient":
    """Return the client of Lambda, by which functions call one another."""
    client: LambdaClient = _client("lambda")
    return client


def make_clients(*services: str) -> None:
    """Make the clients of these services, where this process has not made them yet; nothing is called."""
    for service in services:
        _client(service)


def forget_clients() -> None:
    """Make new clients on their next use: for tests that change the credentials or the endpoint."""
    _session.cache_clear()
    _client.cache_clear()


def read_error_code(error: ClientError) -> str:
    """Return the error code of the AWS service."""
    return str(error.response.get("Error", {}).get("Code", ""))


def write_if(write: Callable[Given, object], *given: Given.args, **named: Given.kwargs) -> bool:
    """Make one conditional write; return False when its condition does not hold. Raises TryAgain."""
    try:
        with calling():
            write(*given, **named)
    except ClientError as error:
        if read_error_code(error) == "ConditionalCheckFailedException":
            return False
        raise
    return True


def back_off(attempt: int) -> None:
    """Sleep with jitter before a retry, longer at each ``attempt`` (from 0 on), 0.4 seconds at most."""
    longest = JITTER_SECONDS * 2 ** min(attempt, LONGEST_DOUBLING)
    time.sleep(random.uniform(0, longest))  # noqa: S311 - spreads contenders, guards nothing


@contextmanager
def calling() -> Iterator[None]:
    """Turn passing failures of AWS into ``TryAgain``; any other failure escapes."""
    try:
        yield
    except ClientError as error:
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if read_error_code(error) in PASSING or status >= 500:
            raise TryAgain from error
        raise
    except BotoCoreError as error:  # no answer: connection, time-out
        raise TryAgain from error
