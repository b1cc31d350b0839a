"""The operator's settings, as the domain wants them."""

from functools import cache

from chalicelib import config
from chalicelib.domain.retention import RetentionPolicy


@cache
def retention() -> RetentionPolicy:
    """The delays of this deployment."""
    chosen = config.settings()
    return RetentionPolicy(**{name: getattr(chosen, name) for name in RetentionPolicy.model_fields})
