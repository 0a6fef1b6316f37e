"""Failures counted on Valkey, per secret, per address range and per commune, with growing delays.

An attempt is counted *before* the secret is looked at and given back when it succeeds: guesses sent
all at once meet the counter like guesses sent one by one. Each function is one round trip whatever
the outcome, an atomic script. Names hold keyed hashes, never a code nor an address. When Valkey
does not answer, `Unavailable` is raised and nobody signs in.
"""

import ipaddress
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings

from lps.kernel import clock
from lps.kernel.causes import cause
from lps.kernel.metrics import counted
from tenants import context, keys, valkey

log = logging.getLogger(__name__)

TIMEOUT = 1.0
MINUTE = 60


class Unavailable(RuntimeError):
    """Valkey does not answer: failures cannot be counted."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a counter slows down, in seconds: `base` doubles after `free` failures, up to `longest`.

    `base=0` never blocks. A counter is forgotten after `window` without an attempt. `cleared` says
    whether a success wipes it; otherwise a success only takes itself back, so that one's own codes
    do not wash a range of addresses clean. Every `alarm` failures a warning is logged.
    """

    free: int
    base: int
    longest: int
    window: int
    cleared: bool = False
    alarm: int = 0


# A child's or a family's code, an account: five tries, then half a minute, doubling to a quarter of an hour.
SECRET = Policy(free=5, base=30, longest=15 * MINUTE, window=24 * 60 * MINUTE, cleared=True)
# A school or an operator's mobile network share a range: the other families wait a minute at most.
RANGE = Policy(free=30, base=5, longest=MINUTE, window=15 * MINUTE, alarm=100)
# A whole commune is never shut: someone is told.
COMMUNE = Policy(free=0, base=0, longest=0, window=10 * MINUTE, alarm=200)


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter: what it counts, of whom (a keyed hash), and how it slows down."""

    name: str
    lookup: str
    policy: Policy


def secret(name: str, value: str) -> Counter:
    """The counter of one code or one account: `secret("child_code", "123456")`."""
    return Counter(name, keys.lookup_hash(value, purpose=f"attempts:{name}"), SECRET)


def address_range(address: str) -> Counter:
    """The counter of the /24 or /64 of a client's address."""
    return Counter("range", keys.lookup_hash(_range_of(address), purpose="attempts:range"), RANGE)


def whole_commune() -> Counter:
    """The counter of the commune entered (of the console in the registry)."""
    return Counter("commune", "all", COMMUNE)


def check(counters: Sequence[Counter]) -> int:
    """Ask to try: 0 and the attempt is counted, or the seconds to wait and nothing is."""
    delays = [number for counter in counters for number in _delays(counter.policy)]
    wait = _run(_CHECK, counters, _now(), *delays)
    if int(wait):
        _count(counters, "held")
    return math.ceil(int(wait) / 1000)


def must_wait(counters: Sequence[Counter]) -> int:
    """The seconds to wait before the next try, 0 for none; nothing is counted."""
    return math.ceil(int(_run(_WAIT, counters, _now())) / 1000)


def fail(counters: Sequence[Counter]) -> None:
    """The attempt was wrong: it stays counted, and many of them are told to the logs."""
    _count(counters, "wrong")
    for counter, failures in zip(counters, _run(_FAIL, counters), strict=True):
        if counter.policy.alarm and int(failures) % counter.policy.alarm == 0:
            log.warning("sign-in: %s failures counted by %s", failures, counter.name)


def succeed(counters: Sequence[Counter]) -> None:
    """The attempt was right: it is taken back, and the counters of the secrets are wiped."""
    _count(counters, "right")
    _run(_SUCCEED, counters, *(int(counter.policy.cleared) for counter in counters))


def _run(script: str, counters: Sequence[Counter], *arguments: int) -> Any:
    names, server = [_name(counter) for counter in counters], str(settings.CACHES["default"]["LOCATION"])
    try:
        return _client(server).eval(script, len(names), *names, *map(str, arguments))
    except (redis.RedisError, OSError) as error:
        log.error("sign-in refused: failures cannot be counted (%s)", cause(error))
        _count(counters, "uncounted")
        raise Unavailable from error


def _count(counters: Sequence[Counter], outcome: str) -> None:
    """For the metrics: by what kind of secret, never whose."""
    counted.ATTEMPTS.labels(secret=counters[0].name, outcome=outcome).inc()


@cache
def _client(url: str) -> redis.Redis:
    return valkey.Client.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)


def _delays(policy: Policy) -> tuple[int, int, int, int]:
    return policy.free, policy.base * 1000, policy.longest * 1000, policy.window * 1000


def _name(counter: Counter) -> str:
    commune = context.current_or_none()
    owner = commune.pk.hex if commune else "registry"
    return f"lps:attempts:{owner}:{counter.name}:{counter.lookup}"


def _now() -> int:
    """True time in milliseconds."""
    return int(clock.real_now().timestamp() * 1000)


def _range_of(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    parsed = mapped or parsed
    bits = 24 if parsed.version == 4 else 64
    return str(ipaddress.ip_network((parsed, bits), strict=False))


# Each counter is a hash: `n` attempts not given back, `failed`, `last` and `until` in milliseconds.
_CHECK = """
local now, wait = tonumber(ARGV[1]), 0
for _, key in ipairs(KEYS) do
  wait = math.max(wait, tonumber(redis.call('HGET', key, 'until') or 0) - now)
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  local at = 4 * i - 2
  local free, base = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local longest, window = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  if now - tonumber(redis.call('HGET', key, 'last') or 0) > window then redis.call('DEL', key) end
  local n = redis.call('HINCRBY', key, 'n', 1)
  redis.call('HSET', key, 'last', string.format('%.0f', now))
  if base > 0 and n >= free then
    local delay = math.min(base * 2 ^ (n - free), longest)
    redis.call('HSET', key, 'until', string.format('%.0f', now + delay))
  end
  redis.call('PEXPIRE', key, window + longest)
end
return 0
"""
_WAIT = """
local wait = 0
for _, key in ipairs(KEYS) do
  wait = math.max(wait, tonumber(redis.call('HGET', key, 'until') or 0) - tonumber(ARGV[1]))
end
return wait
"""
_FAIL = """
local failed = {}
for i, key in ipairs(KEYS) do failed[i] = redis.call('HINCRBY', key, 'failed', 1) end
return failed
"""
_SUCCEED = """
for i, key in ipairs(KEYS) do
  if ARGV[i] == '1' then
    redis.call('DEL', key)
  elseif redis.call('EXISTS', key) == 1 then
    redis.call('HDEL', key, 'until')
    if redis.call('HINCRBY', key, 'n', -1) < 0 then redis.call('HSET', key, 'n', 0) end
  end
end
return 0
"""
