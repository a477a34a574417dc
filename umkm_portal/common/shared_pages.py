"""Pages that say the same to everybody, made once for all who come within a few seconds.

Each process of the web server keeps its own copies in memory: no other server is asked, so none
can be missing. What a page counts may be `SECONDS` old; whether a seat is free is decided where
it is taken. Browsers, and a proxy in front, may keep the page for as long.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_page
from django.views.decorators.gzip import gzip_page

SECONDS = 3
CACHE = "pages"

View = Callable[..., HttpResponse]


def shared_page(view: View) -> View:
    """Share the page by its whole address; compressed once, too.

    A page that turns out to be somebody's own (it looked at the session, or holds the token of a
    form) goes to her alone.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if _is_personal(request):
            patch_cache_control(response, private=True)
        return response

    shared: View = cache_page(SECONDS, cache=CACHE)(gzip_page(guarded))
    return shared


def _is_personal(request: HttpRequest) -> bool:
    return request.session.accessed or "CSRF_COOKIE_NEEDS_UPDATE" in request.META
