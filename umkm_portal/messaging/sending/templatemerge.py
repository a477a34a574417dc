"""Messages with a text that WhatsApp approved: our values in its order."""

from __future__ import annotations

import re
from collections.abc import Mapping

from umkm_portal.messaging.models import PriceCategory, WhatsAppTemplate
from umkm_portal.messaging.sending.mailmerge import Recipient
from umkm_portal.messaging.sending.placeholders import one_line
from umkm_portal.messaging.sending.textmerge import TextMerge, whole_values
from umkm_portal.messaging.transports.types import ApprovedText

_NAMED = re.compile(r"\{\{([a-z_][a-z0-9_]*)\}\}")


class TemplateMerge(TextMerge):
    """The messages of one campaign with one approved template.

    The text of `fill` is what the person reads, as near as we know it; what goes to WhatsApp is
    the template's name and the values.
    """

    def __init__(self, template: WhatsAppTemplate, *, shared: Mapping[str, str]) -> None:
        super().__init__(body=named_body(template), shared=shared)
        self.template = template

    def approved(self, recipient: Recipient) -> ApprovedText:
        """The values for one recipient; one that is empty here stays empty."""
        values = whole_values(recipient, self._shared, names=set(self.template.parameters))
        return ApprovedText(
            name=self.template.name,
            language=self.template.language,
            values=tuple(one_line(values.get(name, "")) for name in self.template.parameters),
            names=named_parameters(self.template.body),
            is_code=self.template.category == PriceCategory.AUTHENTICATION,
        )


def named_parameters(body: str) -> tuple[str, ...]:
    """What WhatsApp calls the parameters of a text, in order; empty where it counts them."""
    return tuple(dict.fromkeys(_NAMED.findall(body)))


def named_body(template: WhatsAppTemplate) -> str:
    """The approved text with our names in the places of {{1}}, {{2}} and so on."""
    body = template.body
    for number, name in enumerate(template.parameters, 1):
        body = body.replace(f"{{{{{number}}}}}", f"{{{name}}}")
    for theirs, ours in zip(named_parameters(body), template.parameters, strict=False):
        body = body.replace(f"{{{{{theirs}}}}}", f"{{{ours}}}")
    return body
