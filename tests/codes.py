"""Reading one-time codes where their owner reads them: in the message."""

from umkm_portal.messaging import sealing
from umkm_portal.messaging.models import Delivery


def message_to(address):
    """The newest message with a code to an address, not sent yet: its channel and values."""
    found = Delivery.objects.filter(campaign__kind="contact_code", address=address)
    delivery = found.latest("pk")
    return delivery.channel, sealing.unseal(delivery.context, {"kode"})


def code_to(address):
    return message_to(address)[1]["kode"]
