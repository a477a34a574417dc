"""The five pages: their order, words and forms, and what was told on them so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from participants.models import Registration
from participants.registration import drafts
from umkm_portal.pages.registration import forms

START, CHECK, DONE = "registration:start", "registration:check", "registration:done"


@dataclass(frozen=True)
class Topic:
    """One page of the registration."""

    key: str
    number: int
    label: str
    heading: str
    form: type[forms.PageForm]

    @property
    def url(self) -> str:
        if self.key == drafts.CONTACT:
            return reverse(START)
        return reverse("registration:topic", args=[self.key])

    @property
    def left(self) -> str:
        """How many pages come after this one."""
        count = len(TOPICS) - self.number
        return f"{count} langkah lagi" if count else "Langkah terakhir"

    @property
    def steps(self) -> list[str]:
        """The bar: pages behind, this one, pages ahead."""
        return ["d"] * (self.number - 1) + ["c"] + [""] * (len(TOPICS) - self.number)

    @property
    def back_url(self) -> str:
        before = [topic for topic in TOPICS.values() if topic.number == self.number - 1]
        return before[0].url if before else reverse("pages:home")

    def form_of(self, draft: Registration | None, data: QueryDict | None = None) -> forms.PageForm:
        """The form of this page, with what was told before."""
        kept = draft.answers.get(self.key, {}) if draft else {}
        return self.form(data, kept=kept, **self._facts(draft))

    def form_showing(self, draft: Registration, typed: QueryDict) -> forms.PageForm:
        """The form of this page with what was just typed, not read and not complained about."""
        names = [name for name in self.form.base_fields if name in typed]
        kept = {name: [str(value) for value in typed.getlist(name)] for name in names}
        return self.form(None, kept=kept, **self._facts(draft))

    def told(self, draft: Registration) -> forms.PageForm:
        """What was told, read as if it had just been sent."""
        kept = draft.answers.get(self.key, {})
        if self.key == drafts.CONTACT:
            kept = {**kept, "kontak": [draft.contact]}
        return forms.read_again(self.form, kept, **self._facts(draft))

    def _facts(self, draft: Registration | None) -> dict[str, Any]:
        if self.key == drafts.INTEREST and draft:
            return {"has_phone": draft.contact_kind == "phone"}
        return {}


TOPICS = {
    topic.key: topic
    for topic in (
        Topic(drafts.CONTACT, 1, "Kontak", "Bagaimana kami menghubungi Anda?", forms.ContactForm),
        Topic(drafts.IDENTITY, 2, "Identitas", "Tulis data sesuai KTP", forms.IdentityForm),
        Topic(drafts.ADDRESS, 3, "Alamat usaha", "Di mana alamat usaha Anda?", forms.AddressForm),
        Topic(drafts.BUSINESS, 4, "Usaha", "Ceritakan usaha Anda", forms.BusinessForm),
        Topic(
            drafts.INTEREST,
            5,
            "Minat dan kesediaan",
            "Mau ikut pelatihan?",
            forms.InterestForm,
        ),
    )
}


def next_url(draft: Registration) -> str:
    """Where this registration goes on: its first unfinished page, the last look, the receipt."""
    if draft.state == Registration.State.SENT:
        return reverse(DONE)
    topic = TOPICS.get(draft.step)
    return topic.url if topic else reverse(CHECK)


def first_wrong(told: dict[str, forms.PageForm]) -> Topic | None:
    """The first page that is not right (any more): a sector gone, a birthday passed."""
    return next((TOPICS[key] for key, form in told.items() if not form.is_finished), None)


def told_on_all(draft: Registration) -> dict[str, forms.PageForm]:
    return {key: topic.told(draft) for key, topic in TOPICS.items()}
