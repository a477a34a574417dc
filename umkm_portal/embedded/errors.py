"""The one exception of this package."""


class EmbeddedError(Exception):
    """A refusal that a person can act on: one sentence, shown without a traceback."""
