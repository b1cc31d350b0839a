"""Send an SMS by SNS, which keeps who answered « STOP ». Neither number nor text is logged.

SNS, and not the newer ``pinpoint-sms-voice-v2``: both send from the same numbers with the same list of opt-outs, and only SNS is
known to the emulators on which all of this is tested.
"""

from botocore.exceptions import ClientError, HTTPClientError

from chalicelib import config
from chalicelib.errors import TryAgain
from chalicelib.stores import aws
from chalicelib.stores.functions import Refused, Unanswered

REFUSALS = frozenset({"InvalidParameter", "InvalidParameterException", "InvalidParameterValue"})
"""Answers about this very number or text; everything else is about the service, and passes."""


def has_opted_out(number: str) -> bool:
    """Whether whoever has this number (« +33… ») answered « STOP ». Raises TryAgain."""
    with aws.calling():
        answer = aws.sns().check_if_phone_number_is_opted_out(phoneNumber=number)
    return bool(answer["isOptedOut"])


def send(number: str, text: str) -> None:
    """Hand one SMS over, from the number of the setting, to which « STOP » can be answered.

    Raises:
        Unanswered: SNS did not answer; the SMS may have left. TryAgain: it did not leave. Refused: SNS does not take this one.
    """
    try:
        with aws.calling():
            aws.sns().publish(
                PhoneNumber=number,
                Message=text,
                MessageAttributes={
                    "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"},
                    "AWS.MM.SMS.OriginationNumber": {
                        "DataType": "String",
                        "StringValue": config.settings().sms_number,
                    },
                },
            )
    except TryAgain as error:
        # A connection that was never made is a ``ConnectionError`` of botocore's.
        if isinstance(error.__cause__, HTTPClientError):
            raise Unanswered from error
        raise
    except ClientError as error:
        if aws.read_error_code(error) in REFUSALS:
            raise Refused from error
        raise
