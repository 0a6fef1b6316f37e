"""Decisions about messages as plain Python: how long an SMS is, when one may leave, which number takes one."""
