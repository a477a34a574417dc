"""Files of the register, as the tests of the pipeline make them, and an SMTP server."""

from tests.imports.conftest import make_file, register, sample
from tests.messaging.conftest import sink, sink_that

__all__ = ["make_file", "register", "sample", "sink", "sink_that"]
