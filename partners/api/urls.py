"""Addresses below /api/v1/: its page, its operations, and an answer for everything else."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from partners.api import documentation
from partners.api.api import api, in_problems
from partners.api.problems import not_found

app_name = "api"
operations = api.urls[0]
for operation in operations:
    if isinstance(operation, URLPattern):
        operation.callback = in_problems(operation.callback)


@csrf_exempt
def absent(request: HttpRequest, rest: str) -> HttpResponse:
    return not_found().response()


urlpatterns = [
    path("", documentation.page, name="page"),
    *operations,
    path("<path:rest>", absent, name="absent"),
]
