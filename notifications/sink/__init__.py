"""The mail server of a developer's machine: keeps every message and shows them on a page, sends nothing on.

`python -m notifications.sink` runs it. Only `make run` and tests use it: nothing of the product imports this package.
"""
