"""The least that a view can do for a page: run the page's own SQL, send its bytes ready-made.

It stands behind the same middleware as the page, in the same server.
"""

import json
import os
from functools import cache
from pathlib import Path

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


@cache
def _page() -> tuple[list[str], bytes]:
    facts = json.loads(Path(os.environ["BENCH_PAGE"]).read_text())
    return facts["statements"], facts["body"].encode()


def floor(request: HttpRequest) -> HttpResponse:
    """Every request is the same page."""
    statements, body = _page()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            if cursor.description:
                cursor.fetchall()
    return HttpResponse(body)


def nothing(request: HttpRequest) -> HttpResponse:
    """What the middleware alone does."""
    return HttpResponse()


urlpatterns = [path("enfants/123456/planning/", floor), path("enfants/123456/rien/", nothing)]
