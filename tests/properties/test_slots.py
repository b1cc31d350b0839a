"""Hours of a meeting: what is typed and read stays the same hour, on every day and night."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.meetings import slots
from chalicelib.errors import FieldInvalid
from chalicelib.french import PARIS

NOW = datetime(2026, 6, 1, tzinfo=UTC)
WITHIN_A_YEAR = st.datetimes(datetime(2026, 6, 2), datetime(2027, 6, 1))
NIGHTS = st.sampled_from((datetime(2027, 3, 28), datetime(2026, 10, 25)))


@given(
    WITHIN_A_YEAR
    | st.builds(lambda night, minutes: night + timedelta(minutes=minutes), NIGHTS, st.integers(0, 300))
)
def test_an_hour_is_read_as_it_was_typed_or_refused_because_it_is_none_or_two(local: datetime) -> None:
    typed = local.strftime("%Y-%m-%dT%H:%M")
    try:
        start = slots.read_start(typed, NOW)
    except FieldInvalid as refusal:
        assert refusal.facts["reason"] in {"no_such_hour", "which_hour"}
        assert local.hour == 2
        return
    shown = start.astimezone(PARIS)
    assert shown.strftime("%Y-%m-%dT%H:%M") == typed
    assert shown.replace(fold=1).utcoffset() == shown.replace(fold=0).utcoffset()


@given(st.text(max_size=40))
def test_any_text_typed_as_hour_or_place_is_read_or_refused(typed: str) -> None:
    for read in (lambda: slots.read_start(typed, NOW), lambda: slots.read_place(typed, "passe-plat.example")):
        try:
            read()
        except FieldInvalid:
            continue
