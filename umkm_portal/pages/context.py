from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, object]:
    """What every page may say: whether this is practice data."""
    return {"demo": settings.DEMO}
