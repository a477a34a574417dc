"""Addresses below /api/v1/: its page, its operations, and an answer for everything else."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter
from django.views.decorators.csrf import csrf_exempt

from partners.api import documentation
from partners.api.api import api, in_problems
from partners.api.problems import not_found

app_name = "api"


class AnythingConverter(StringConverter):
    """The rest of an address, line breaks and all."""

    regex = r"[\s\S]+"


register_converter(AnythingConverter, "anything")
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
    path("<anything:rest>", absent, name="absent"),
]
