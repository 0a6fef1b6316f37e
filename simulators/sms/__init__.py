"""Two SMS providers as a portal meets them, OVHcloud's and Brevo's: their wire, their call backs, their bad days.

`python -m simulators.sms PORT` serves both on 127.0.0.1. It sends nothing and keeps nothing on disk.
"""
