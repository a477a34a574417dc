import pytest

from tests.messaging.webhooks import posts
from umkm_portal.messaging.webhooks import email


@pytest.fixture(autouse=True)
def _secrets(settings):
    settings.WHATSAPP_APP_SECRET, settings.WHATSAPP_VERIFY_TOKEN = posts.SECRET, posts.TOKEN
    settings.EMAIL_WEBHOOK_SECRET, settings.ANYMAIL = posts.EMAIL_SECRET, {}
    email.view_of.cache_clear()
    yield
    email.view_of.cache_clear()
