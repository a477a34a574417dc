"""What staff enter about a file: the file itself, and which column is which."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from umkm_portal.accounts.models import Organisation, User
from umkm_portal.common.spreadsheets import Limits
from umkm_portal.imports import pasting, profiles

SUFFIXES = (".csv", ".xlsx", ".xls", ".ods", ".txt", ".tsv")


class FileOrCells(forms.Form):
    """A list, as a file or as cells out of a spreadsheet; who uses it says which kind it is."""

    file = forms.FileField(
        label="Berkas",
        required=False,
        help_text="Excel (.xlsx, .xls), LibreOffice (.ods), atau CSV.",
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
        error_messages={
            "empty": "Berkas kosong. Periksa berkasnya, lalu unggah lagi.",
        },
    )
    pasted = forms.CharField(
        label="Atau tempel dari Excel",
        required=False,
        strip=False,
        help_text="Salin sel di Excel, lalu tempel di sini. Baris judul boleh tidak ikut.",
        widget=forms.Textarea(attrs={"rows": 5, "wrap": "off"}),
    )

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if len(self.files.getlist("file")) > 1:
            raise forms.ValidationError("Unggah satu berkas tiap kali. Pilih satu berkas saja.")
        most = Limits().file_bytes
        if file and (file.size or 0) > most:
            raise forms.ValidationError(
                f"Berkas lebih besar dari {most // 1_000_000} MB. Bagi menjadi beberapa berkas, "
                "lalu unggah satu per satu."
            )
        return file

    def clean_pasted(self) -> str:
        text: str = self.cleaned_data["pasted"]
        if len(text) > pasting.MOST_CHARACTERS:
            raise forms.ValidationError("Tempelan terlalu panjang. Unggah sebagai berkas Excel.")
        return text if text.strip() else ""

    def clean(self) -> dict[str, Any]:
        """Exactly one of the two ways is taken."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        has_file, has_cells = bool(data.get("file")), bool(data.get("pasted"))
        if has_file and has_cells:
            self.add_error("pasted", "Pilih salah satu: berkas atau tempelan.")
        elif not (has_file or has_cells or self.errors.keys() & {"file", "pasted"}):
            self.add_error("file", "Pilih berkas dahulu, atau tempel selnya.")
        return data

    def source_for(
        self, profile: profiles.Profile, *, now: datetime
    ) -> tuple[str, Iterable[bytes]]:
        """Return the name and the bytes that came in; raises SpreadsheetError for no cells."""
        file: UploadedFile | None = self.cleaned_data["file"]
        if file:
            return str(file.name), file.chunks()
        return pasting.name_at(now), [pasting.file_of(self.cleaned_data["pasted"], profile)]


class UploadForm(FileOrCells):
    """A list of people, as a file or as pasted cells, and where it comes from."""

    field_order = ("profile", "organisation", "goal", "file", "pasted")

    profile = forms.ChoiceField(label="Jenis daftar")
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Dinas asal",
        required=False,
        empty_label="Dari kolom Dinas pembina di berkas",
        help_text="Dipakai bila berkas tidak punya kolom Dinas pembina.",
    )
    goal = forms.ChoiceField(label="Tujuan", required=False)

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        agencies = Organisation.objects.filter(kind=Organisation.Kind.AGENCY, is_active=True)
        self.fields["organisation"].queryset = agencies.order_by("name", "pk")  # type: ignore[attr-defined]
        self.fields["profile"].choices = [  # type: ignore[attr-defined]
            (profile.slug, profile.label) for profile in profiles.for_staff()
        ]
        goals = [
            (f"{profile.slug}:{value}", f"{profile.goals_label}: {label}")
            for profile in profiles.for_staff()
            if profile.goals
            for value, label in profile.goals(user)
        ]
        self.fields["goal"].choices = [("", "Tidak ada"), *goals]  # type: ignore[attr-defined]
        if not goals:
            del self.fields["goal"]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "st-input imp-paste" if name == "pasted" else "st-input"

    def clean(self) -> dict[str, Any]:
        """A kind of list may need to know whose it is, or what it is for."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        slug = data.get("profile")
        if not slug:
            return data
        profile = profiles.get(slug)
        if profile.needs_organisation and not data.get("organisation"):
            self.add_error("organisation", "Pilih dinas pemilik daftar ini.")
        chosen = data.get("goal") or ""
        if profile.goals and not chosen.startswith(f"{slug}:"):
            name = profile.goals_label.lower()
            self.add_error("goal" if "goal" in self.fields else "profile", f"Pilih {name}.")
        return data

    def options(self) -> dict[str, object]:
        """What the file is for, where its kind of list asks for that."""
        slug, _, goal = (self.cleaned_data.get("goal") or "").partition(":")
        return {"goal": goal} if goal and slug == self.cleaned_data["profile"] else {}

    def source(self, *, now: datetime) -> tuple[str, Iterable[bytes]]:
        """As `source_for` the chosen kind of list."""
        return self.source_for(profiles.get(self.cleaned_data["profile"]), now=now)


class MappingForm(forms.Form):
    """One choice for each heading of a file: which column of ours it is, or none."""

    look = "st-input"

    def __init__(
        self,
        *args: object,
        profile: profiles.Profile,
        headings: Iterable[str],
        mapping: dict[str, str],
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.headings = list(headings)
        choices = [("", "Jangan impor"), *((c.key, c.label) for c in profile.columns)]
        for number, heading in enumerate(self.headings):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=heading,
                choices=choices,
                required=False,
                initial=mapping.get(heading, ""),
                widget=forms.Select(attrs={"class": self.look}),
            )

    def mapping(self) -> dict[str, str]:
        """The column key chosen for each heading; empty where it is not read."""
        return {h: self.cleaned_data[f"column_{n}"] for n, h in enumerate(self.headings)}
