"""What owners show a curator, and what they object; nothing is saved here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from participants.models import Participant
from partners.calls.applying import Shown, needs_consent
from partners.calls.qualifying import LICENCES, missing_licence, needed_licences
from partners.models import Application, CurationCall, ProductKind
from umkm_portal.pages.registration.fields import ChoiceCards, StoreLinksField

LONGEST_NUMBER = 40


class BusinessField(forms.ModelChoiceField):
    """Her businesses by the names she gave them."""

    def label_from_instance(self, business: Any) -> str:
        return str(business.name)


class ApplicationForm(forms.Form):
    business: BusinessField = BusinessField(
        label="Usaha",
        queryset=None,
        empty_label=None,
        error_messages={"required": "Pilih usaha yang Anda lamarkan."},
    )
    product_kind: forms.ModelChoiceField = forms.ModelChoiceField(
        label="Jenis produk",
        queryset=None,
        empty_label=None,
        widget=ChoiceCards,
        error_messages={"required": "Pilih jenis produk Anda."},
    )
    products = forms.CharField(
        label="Produk",
        max_length=300,
        help_text="Tulis produk yang Anda tawarkan, misalnya kue nastar 250 g, sambal botol.",
        error_messages={"required": "Tulis sedikitnya satu produk."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    store_link = StoreLinksField(
        label="Tautan toko",
        required=False,
        max_length=300,
        help_text="Misalnya https://shopee.co.id/namatoko. Kosongkan bila belum ada.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    pirt = forms.CharField(label="Nomor P-IRT", max_length=LONGEST_NUMBER, required=False)
    bpom = forms.CharField(label="Nomor BPOM", max_length=LONGEST_NUMBER, required=False)
    halal = forms.CharField(
        label="Nomor sertifikat halal", max_length=LONGEST_NUMBER, required=False
    )
    photo = forms.FileField(
        label="Foto produk",
        required=False,
        help_text="Boleh dikosongkan. JPG, PNG, atau WebP. Foto dikecilkan, lokasi dihapus.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    agrees = forms.BooleanField(required=False)

    def __init__(
        self,
        *args: Any,
        call: CurationCall,
        person: Participant,
        application: Application | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        businesses: Any = self.fields["business"]
        businesses.queryset = person.businesses.order_by("pk")
        kinds: Any = self.fields["product_kind"]
        kinds.queryset = call.product_kinds.order_by("name", "pk")
        if not call.product_kinds.exists():
            del self.fields["product_kind"]
            for name in LICENCES:
                self.fields[name].widget = forms.HiddenInput()
        if needs_consent(call):
            self.fields["agrees"].label = (
                f"Saya setuju lamaran ini dibagikan kepada {call.partner}: nama usaha, produk, "
                "izin, dan tautan toko."
            )
        else:
            del self.fields["agrees"]
        self._say_who_needs(kinds.queryset)
        self._begin_with(application, person)

    def _say_who_needs(self, kinds: Iterable[ProductKind]) -> None:
        """Beside each licence: which of the call's products cannot do without it."""
        for name in LICENCES:
            needing = [kind.name.lower() for kind in kinds if name in needed_licences(kind)]
            wanted = f"Wajib untuk {', '.join(needing)}. " if needing else ""
            self.fields[name].help_text = f"{wanted}Kosongkan bila produk Anda tidak memerlukannya."

    def _begin_with(self, application: Application | None, person: Participant) -> None:
        if application is None:
            first = person.businesses.prefetch_related("channels").order_by("pk").first()
            links = [c.store_link for c in first.channels.all() if c.store_link] if first else []
            self.initial["business"] = first
            self.initial["products"] = first.products if first else ""
            self.initial["store_link"] = links[0] if links else ""
            return
        self.initial["business"] = application.business_id
        self.initial["product_kind"] = application.product_kind_id
        for name in ("products", "store_link"):
            self.initial[name] = getattr(application, name)
        for name in LICENCES:
            self.initial[name] = application.licences.get(name, "")

    def clean_store_link(self) -> str:
        links = self.cleaned_data["store_link"] or []
        return links[0][1] if links else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind: ProductKind | None = data.get("product_kind")
        name, problem = missing_licence(kind, self._licences(data))
        if problem:
            self.add_error(name, problem)
        return data

    def shown(self) -> Shown:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        photo: UploadedFile | None = data.get("photo")
        return Shown(
            business=data["business"],
            product_kind=data.get("product_kind"),
            products=" ".join(data["products"].split()),
            store_link=data["store_link"],
            licences=self._licences(data),
            photo=photo,
            agrees=bool(data.get("agrees")),
        )

    @staticmethod
    def _licences(data: dict[str, Any]) -> dict[str, str]:
        return {name: (data.get(name) or "").strip() for name in LICENCES}


class AppealForm(forms.Form):
    text = forms.CharField(
        label="Keberatan Anda",
        max_length=600,
        help_text="Tulis bagian mana yang keliru dan apa yang benar.",
        error_messages={"required": "Tulis keberatan Anda."},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
