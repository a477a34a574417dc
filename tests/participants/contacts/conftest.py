import pytest
from django.utils import timezone


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture(autouse=True)
def _channels_on(settings):
    """Every channel is configured; nothing is handed over."""
    settings.DEMO = False
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    settings.SMS_URL = "http://127.0.0.1:9/sms"
    settings.WHATSAPP_TOKEN = settings.WHATSAPP_PHONE_ID = "x"
    settings.WHATSAPP_CODE_TEMPLATE = "kode"
