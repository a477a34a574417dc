"""Files of the register, as the tests of the pipeline make them."""

from tests.imports.conftest import make_file, register, sample

__all__ = ["make_file", "register", "sample"]
