"""The tests' own kind of message and the SMTP sink, as the tests of messaging have them."""

from tests.messaging.conftest import _own_kinds, sink  # noqa: F401
