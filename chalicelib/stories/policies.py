"""The operator's settings, as the domain wants them."""

from chalicelib import terms

retention = terms.retention
