"""The same and one more again."""

import bench.later.one

__path__ = [*__path__, *bench.later.one.__path__]
