"""Liveness and readiness, answered before the host is looked at."""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class Health:
    """`/sante/vivant` says that the process answers, `/sante/pret` that its database and cache do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/sante/vivant":
            return JsonResponse({"vivant": True})
        if request.path == "/sante/pret":
            parts = {"base": _database_answers(), "cache": _cache_answers()}
            return JsonResponse(parts, status=200 if all(parts.values()) else 503)
        return self.get_response(request)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.error("readiness: the database does not answer (%s)", type(error).__name__)
        return False
    return True


def _cache_answers() -> bool:
    try:
        cache.get("readiness")
    except (RedisError, OSError) as error:
        log.error("readiness: the cache does not answer (%s)", type(error).__name__)
        return False
    return True
