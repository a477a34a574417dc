from types import SimpleNamespace

import pytest

from tests.messaging import scenes
from tests.providers.sms import SmsServer
from tests.providers.whatsapp import WhatsAppServer
from tests.sink import RunningSink


@pytest.fixture
def engines(settings, tmp_path):
    """A WhatsApp without approved texts, a provider of SMS and an SMTP server on loopback."""
    settings.DEMO, settings.WHATSAPP_CODE_TEMPLATE = False, "kode"
    (tmp_path / "sink.log").touch()
    with (
        WhatsAppServer() as whatsapp,
        SmsServer() as sms,
        RunningSink(tmp_path / "sink.log") as mail,
    ):
        settings.EMAIL_URL, settings.SMS_URL = mail.url, f"{sms.url}/sms"
        settings.WHATSAPP_BASE_URL = f"{whatsapp.url}/v23.0"
        settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_ID = whatsapp.token, whatsapp.phone_id
        whatsapp.approve("kode", "{{1}} adalah kode Anda")
        for channel in ("email", "whatsapp", "sms"):
            scenes.let_fly(channel)
        yield SimpleNamespace(whatsapp=whatsapp, sms=sms, mail=mail)
