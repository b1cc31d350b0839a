"""Log lines hold allowed fields only, and a fault is told without its text."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from chalicelib import log

SECRET = "Zoé CANARI, zoe@canari.example"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """Return the log lines that were printed; nothing may be on the error stream."""
    captured = capsys.readouterr()
    assert captured.err == ""
    return [json.loads(line) for line in captured.out.splitlines()]


def test_a_line_is_one_json_object_with_its_instant(capsys: pytest.CaptureFixture[str]) -> None:
    log.line("purge", erased=2, failed=0, outcome="Fini « bien »\n", refusal=None)

    (line,) = lines(capsys)
    assert datetime.fromisoformat(str(line.pop("at"))).tzinfo is not None
    assert line.pop("request") == log.read_request_id()
    assert line == {"event": "purge", "erased": 2, "failed": 0, "outcome": "Fini « bien »\n", "refusal": None}


@pytest.mark.parametrize("field", ["address", "token", "path", "message", "name", "Status", "at_", ""])
def test_a_field_that_is_not_allowed_is_a_fault(field: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="not a log field"):
        log.line("web", status=200, **{field: SECRET})

    assert capsys.readouterr().out == "", "and nothing of the line is printed"


def test_the_refusal_of_a_field_does_not_quote_its_value() -> None:
    with pytest.raises(ValueError) as refused:
        log.line("web", secret=SECRET)

    assert "CANARI" not in str(refused.value)


def raised() -> Exception:
    """Return a failure whose text, cause and context all hold what must not be logged."""
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as inner:
            raise RuntimeError(SECRET, {"token": SECRET}) from inner
    except RuntimeError as error:
        error.add_note(SECRET)
        return error


def test_a_fault_is_told_by_its_type_its_places_and_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    number = log.fault(raised())

    (line,) = lines(capsys)
    assert line["error_type"] == "RuntimeError"
    assert str(line["request"]).startswith(number) and len(number) == log.SHOWN_CHARACTERS
    assert str(line["error_places"]).startswith(f"{Path(__file__).name}:")
    assert line.keys() == {"at", "event", "request", "error_type", "error_places"}
    assert "CANARI" not in json.dumps(line, ensure_ascii=False)


def test_a_fault_that_was_never_raised_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    log.fault(ValueError(SECRET))

    (line,) = lines(capsys)
    assert line["error_places"] == ""


def test_a_deep_fault_is_told_by_its_last_six_places(capsys: pytest.CaptureFixture[str]) -> None:
    def dig(depth: int) -> None:
        if depth == 0:
            raise ValueError(SECRET)
        dig(depth - 1)

    with pytest.raises(ValueError) as raised_deep:
        dig(50)
    log.fault(raised_deep.value)

    (line,) = lines(capsys)
    assert len(str(line["error_places"]).split(" < ")) == 6


def test_numbers_of_requests_differ(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = set()
    for _ in range(100):
        log.begin_request("")
        numbers.add(log.fault(ValueError()))

    assert len(numbers) == len(lines(capsys)) == 100


@pytest.mark.parametrize(
    "request_id", ["", "None", "zoe@canari.example", "7F3A" * 8, "7f3a" * 8 + "\n", "7f3a" * 20]
)
def test_what_is_no_id_reaches_no_line(request_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An id that is not of the shape that Lambda gives is not logged: another one is drawn."""
    log.begin_request(request_id)
    log.line("web", status=200)

    (line,) = lines(capsys)
    assert line["request"] != request_id
    assert log.REQUEST_ID.fullmatch(str(line["request"]))


def test_a_type_named_by_somebody_else_cannot_break_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.fault(type('Evil"}\n{"event"', (Exception,), {})())

    (line,) = lines(capsys)
    assert line["event"] == "fault"
