"""A wrong setting stops the start with a message that says which and why; a right one is read."""

from dataclasses import fields

import pytest

from chalicelib import config
from chalicelib.config import ConfigurationError, Settings

NUMBERS = [field for field in fields(Settings) if "low" in field.metadata]
TEXTS = [
    field for field in fields(Settings) if "low" not in field.metadata and not field.metadata.get("pattern")
]


def test_without_environment_everything_has_its_default() -> None:
    assert config.read_settings({}) == Settings()


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_a_number_is_taken_within_its_bounds(number: object) -> None:
    env = number.name.upper()  # type: ignore[attr-defined]
    low, high = (number.metadata[key] for key in ("low", "high"))  # type: ignore[attr-defined]
    name = number.name  # type: ignore[attr-defined]

    assert getattr(config.read_settings({env: str(low)}), name) == low
    assert getattr(config.read_settings({env: f" {high} "}), name) == high
    for wrong in (str(low - 1), str(high + 1)):
        with pytest.raises(ConfigurationError, match=f"{env} must be a whole number from {low} to {high}"):
            config.read_settings({env: wrong})


@pytest.mark.parametrize(
    "wrong", ["abc", "1.5", "-1", "+15", "1e1", "0x0f", "١٥", "1_5", "15 days", "²", "9" * 5000]
)
def test_what_is_no_whole_number_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="ANSWER_DAYS must be a whole number"):
        config.read_settings({"ANSWER_DAYS": wrong})


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_setting_is_an_absent_one(empty: str) -> None:
    assert config.read_settings({field.name.upper(): empty for field in fields(Settings)}) == Settings()


def test_texts_are_taken_as_they_are() -> None:
    """Texts are stripped of surrounding spaces, and otherwise kept as they are."""
    for text in TEXTS:
        assert (
            getattr(config.read_settings({text.name.upper(): " Éditeur d’essai "}), text.name)
            == "Éditeur d’essai"
        )


@pytest.mark.parametrize(
    ("variable", "wrong"),
    [
        ("MAIL_CODE_ROLES", "tutors"),
        ("MAIL_CODE_ROLES", "none tutor"),
        ("PROCONNECT_DISCOVERY", "http://proconnect.example/.well-known/openid-configuration"),
        ("PROCONNECT_DISCOVERY", "https://proconnect.example/"),
        ("PROCONNECT_DISCOVERY", "https:///.well-known/openid-configuration?a"),
    ],
)
def test_a_text_that_has_not_its_form_is_refused(variable: str, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{variable} has not the form"):
        config.read_settings({variable: wrong})


def test_other_variables_do_not_matter() -> None:
    assert config.read_settings({"answer_days": "3", "PATH": "/bin", "DAYS": "1"}) == Settings()


def test_settings_do_not_change_while_running() -> None:
    with pytest.raises(AttributeError):
        config.settings().answer_days = 1  # type: ignore[misc]
    assert config.settings() is config.settings()


def test_a_resource_that_was_not_given_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINK_KEY", raising=False)
    monkeypatch.setenv("CODE_KEY", "arn:x")

    assert config.resource("CODE_KEY") == "arn:x"
    with pytest.raises(ConfigurationError, match="LINK_KEY is not set"):
        config.resource("LINK_KEY")


def test_addresses_of_ours_end_without_a_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of ours loses its last slash: it is compared with origins, which have none."""
    monkeypatch.setenv("PUBLIC_BASE_URL", "https://passe-plat.example/")
    monkeypatch.setenv("STORAGE_ORIGIN", "https://b.s3.eu-west-3.amazonaws.com/")

    assert config.public_base_url() == "https://passe-plat.example"
    assert config.storage_origin() == "https://b.s3.eu-west-3.amazonaws.com"
