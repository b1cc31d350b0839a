"""The root of every refusal."""

from typing import ClassVar


class RelayError(Exception):
    """An expected refusal. ``code`` is what programs read; ``facts`` are JSON scalars, without personal data."""

    code: ClassVar[str] = "refused"

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts
