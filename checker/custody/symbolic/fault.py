"""The one error of this room that is nobody's fault but ours."""


class EngineFault(Exception):  # noqa: N818 - it says whose fault it is
    """z3's answer does not agree with what the system means: never a verdict."""
