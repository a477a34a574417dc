"""What staff say when they prepare a list for a partner."""

from django import forms

from participants.models import Segment
from partners.models import CurationCall

CALL, SEGMENT = "kurasi", "segmen"


class SharedListForm(forms.Form):
    """Of whom, what, and what for: only what the agreement in force allows."""

    audience = forms.ChoiceField(
        label="Siapa",
        help_text="Hanya yang setuju datanya dibagikan kepada mitra ini yang masuk daftar.",
        error_messages={
            "required": "Pilih kurasi atau segmen.",
            "invalid_choice": "Pilih dari daftar.",
        },
    )
    columns = forms.MultipleChoiceField(
        label="Data",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Perjanjian tidak membolehkan data itu."},
    )
    purpose = forms.CharField(
        label="Keperluan",
        max_length=200,
        help_text="Wajib. Tertulis di berkas, dan dibaca setiap orang dalam daftar ini.",
        error_messages={"required": "Tulis keperluan daftar ini."},
    )

    def __init__(self, *args, partner, allowed, user, **kwargs):
        super().__init__(*args, **kwargs)
        calls = CurationCall.objects.filter(partner=partner).order_by("-opens_at", "-pk")
        segments = Segment.objects.for_user(user).order_by("name", "pk")
        self._calls = {f"{CALL}:{call.slug}": call for call in calls}
        self._segments = {f"{SEGMENT}:{one.slug}": one for one in segments}
        self.fields["audience"].choices = [
            ("", "Pilih"),
            ("Pelamar kurasi", [(key, call.title) for key, call in self._calls.items()]),
            ("Segmen", [(key, one.name) for key, one in self._segments.items()]),
        ]
        self.fields["columns"].choices = [(field.key, field.label) for field in allowed]
        self.fields["columns"].initial = [field.key for field in allowed if field.is_default]

    def chosen(self):
        """What `make_shared_list` is told."""
        data = self.cleaned_data
        return {
            "call": self._calls.get(data["audience"]),
            "segment": self._segments.get(data["audience"]),
            "fields": data["columns"],
            "purpose": data["purpose"],
        }
