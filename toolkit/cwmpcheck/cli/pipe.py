"""The end of a pipe: the one way in which output can fail that is nobody's mistake."""


class PipeClosed(Exception):
    """Whoever read our output has had enough. Not a BrokenPipeError: click and rich would end the program with 1."""
