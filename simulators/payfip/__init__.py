"""The Treasury's PayFiP as a portal meets it: its web service, its pages, its notifications, and its bad days.

`python -m simulators.payfip PORT` serves it on 127.0.0.1. It takes no money and keeps nothing on disk.
"""
