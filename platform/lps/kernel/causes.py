"""Why something outside did not answer, for a line of the logs: who reads it at night looks for the cause."""

LONGEST = 160


def cause(error: BaseException) -> str:
    """The kind of error and the first line that a server or the system says of itself: a full disk, too many clients.

    For what is asked of services as such. An error that a row may have caused is not told by it: it would be quoted.
    """
    name, first = type(error).__name__, next(iter(str(error).strip().splitlines()), "")
    return f"{name}: {first[:LONGEST]}" if first else name
