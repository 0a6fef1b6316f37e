"""The telephone's migrations and one more."""

from pkgutil import iter_modules

import voice.migrations

LAST = max(name for _, name, _ in iter_modules(voice.migrations.__path__))
__path__ = [*__path__, *voice.migrations.__path__]
