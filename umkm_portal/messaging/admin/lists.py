"""Who of a campaign got nothing and why, what is uncertain, what failed: lists to be worked off."""

from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryFile
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from umkm_portal.common.keyset import NEWER, OLDER, read_page
from umkm_portal.common.numbers import whole_in
from umkm_portal.common.spreadsheets import write_csv, write_xlsx
from umkm_portal.common.typed import line_in
from umkm_portal.messaging import directory, services
from umkm_portal.messaging.admin import archived
from umkm_portal.messaging.masking import (
    column_without_addresses,
    masked,
    reason_in_words,
)
from umkm_portal.messaging.models import Campaign, Delivery
from umkm_portal.messaging.services.by_hand import ResolutionRefused

State = Delivery.State
PER_PAGE = 50
MOST_REASONS = 20
SHOWN_CAUSES = 3
LOOKED_AT = 10_000
"""Rows that the choice of reasons is made from."""
CHUNK = 2_000
PIECE = 64 * 1024
HEADER = ("Nama", "Wilayah", "Saluran", "Alamat", "Status", "Alasan", "Waktu")
TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class List:
    """One list of a campaign: its word in the address, its title, whose states it holds."""

    name: str
    title: str
    states: tuple[str, ...]
    empty: str
    hint: str


LISTS = (
    List(
        "dikecualikan",
        "Tidak masuk daftar kirim",
        (),
        "Semua orang dalam sasaran masuk daftar kirim.",
        "Orang di dalam sasaran yang sejak awal tidak dikirimi, dengan alasannya.",
    ),
    List(
        "tidak-dikirim",
        "Tidak dikirim",
        (State.SUPPRESSED, State.CANCELLED),
        "Tidak ada pesan yang ditahan.",
        "Alamatnya dihentikan, atau pesannya tidak diperlukan lagi saat gilirannya tiba.",
    ),
    List(
        "belum-pasti",
        "Belum pasti",
        (State.UNCERTAIN,),
        "Semua pesan jelas nasibnya.",
        "Pengiriman terputus di tengah jalan. Pesan ini tidak pernah diulang sendiri: periksa dulu "
        "di penyedia atau tanyakan orangnya, lalu catat hasilnya.",
    ),
    List(
        "gagal",
        "Ditolak atau terpental",
        (State.FAILED_PERMANENT, State.FAILED_TEMPORARY),
        "Tidak ada pesan yang gagal.",
        "Server penerima menolak, atau alamatnya tidak ada. Perbaiki alamatnya di data peserta, "
        "atau coba lagi bila sebabnya sudah lewat.",
    ),
)


def urls(campaigns):
    """Addresses below a campaign's page; `campaigns` is its ModelAdmin."""
    pages = _Pages(campaigns)
    view = campaigns.admin_site.admin_view
    return [
        path("<int:pk>/daftar/<slug:name>/", view(pages.show), name="messaging_campaign_list"),
        path(
            "<int:pk>/daftar/<slug:name>/unduh/",
            view(require_POST(pages.download)),
            name="messaging_campaign_list_file",
        ),
        path(
            "<int:pk>/daftar/<slug:name>/tindak/",
            view(require_POST(pages.act)),
            name="messaging_campaign_list_act",
        ),
    ]


def tabs(campaign, figures, chosen=""):
    """The lists with how many rows each has, by the counters: (address, title, count, is_shown)."""
    return [
        (
            reverse("admin:messaging_campaign_list", args=[campaign.pk, one.name]),
            one.title,
            sum(figures[str(state)] for state in one.states) if one.states else figures["excluded"],
            one.name == chosen,
        )
        for one in LISTS
    ]


class _Pages:
    def __init__(self, campaigns):
        self.campaigns = campaigns

    def show(self, request, pk, name):
        campaign, chosen = self.campaigns._get(request, pk), _list(name)
        figures = services.report(campaign)
        reason = _reason(request.GET)
        area = directory.Area(request.user)
        rows = area.rows(_rows(campaign, chosen, reason))
        page = read_page(rows, request.GET, size=PER_PAGE)
        people = area.people([row.recipient_key for row in page.rows])
        may_press = self.campaigns.may_steer(request, campaign)
        context = {
            **self.campaigns.admin_site.each_context(request),
            "archive": archived.of(campaign),
            "title": f"{chosen.title}: {campaign.title}",
            "opts": self.campaigns.opts,
            "campaign": campaign,
            "list": chosen,
            "tabs": tabs(campaign, figures, chosen.name),
            "rows": [_shown(row, people.get(row.recipient_key)) for row in page.rows],
            "reasons": _reasons(campaign, chosen, area),
            "sees_all": area.is_whole,
            "reason": reason,
            "older": _with(request, OLDER, page.older, NEWER),
            "newer": _with(request, NEWER, page.newer, OLDER),
            "may_press": may_press,
            "may_retry": may_press
            and chosen.name == "gagal"
            and campaign.state in (Campaign.State.RUNNING, *_ENDED),
            "may_resolve": may_press and chosen.name == "belum-pasti",
            "failed": figures["failed_permanent"],
            "uncertain": figures["uncertain"],
            "resolutions": RESOLUTIONS,
        }
        return TemplateResponse(request, "staff/campaign_list.html", context)

    def act(self, request, pk, name):
        """Retry or resolve the rows that were ticked, or all of the list: those of her area."""
        campaign, chosen = self.campaigns._get(request, pk), _list(name)
        if not self.campaigns.may_steer(request, campaign):
            raise PermissionDenied
        if chosen.name not in ACTS:
            raise Http404
        ticked = None if request.POST.get("semua") else _ticked(request)
        if ticked == []:
            messages.error(request, "Centang dulu orangnya, atau pilih semua.")
        else:
            ids = _ids(campaign, chosen, ticked, directory.Area(request.user))
            ACTS[chosen.name](request, campaign, ids)
        return redirect("admin:messaging_campaign_list", campaign.pk, chosen.name)

    def download(self, request, pk, name):
        """The list as a spreadsheet, addresses masked; each person can read that it was taken."""
        campaign, chosen = self.campaigns._get(request, pk), _list(name)
        if not self.campaigns.may_steer(request, campaign):
            raise PermissionDenied
        kind = request.POST.get("jenis", "xlsx")
        if kind not in TYPES:
            raise Http404
        if archived.is_over(campaign):
            messages.error(request, archived.words(campaign))
            return redirect("admin:messaging_campaign_list", campaign.pk, chosen.name)
        area = directory.Area(request.user)
        rows = area.rows(_rows(campaign, chosen, _reason(request.POST)))
        purpose = f"Daftar “{chosen.title}” dari {campaign.title}"[:200]
        cells = _cells(rows, area=area, purpose=purpose)
        name = f"{chosen.name}-{campaign.pk}.{kind}"
        return StreamingHttpResponse(
            _file(write_csv if kind == "csv" else write_xlsx, cells),
            content_type=TYPES[kind],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _file(write, cells):
    """A spreadsheet piece by piece; it stands on the disk, not in memory."""
    with TemporaryFile() as file:
        write(file, HEADER, cells)
        file.seek(0)
        yield from iter(partial(file.read, PIECE), b"")


_ENDED = (Campaign.State.PAUSED, Campaign.State.DONE)
RESOLUTIONS = (
    (State.ACCEPTED, "Sudah terkirim"),
    (State.FAILED_PERMANENT, "Tidak terkirim"),
)


def words_of(reason):
    """The sentence for what stands as the reason of a message."""
    return reason_in_words(reason) or "Tanpa keterangan"


def _list(name):
    found = next((one for one in LISTS if one.name == name), None)
    if found is None:
        raise Http404
    return found


def _reason(data):
    return line_in(data.get("alasan", ""), most=300)


def _rows(campaign, chosen, reason):
    """The rows of a list: looked for only in batches whose counters say that some are there."""
    if not chosen.states:
        rows = campaign.exclusions.all()
        return rows.filter(reason=reason) if reason else rows
    counted = Q()
    for state in chosen.states:
        counted |= Q(**{f"{state}__gt": 0})
    batches = campaign.batches.filter(counted).values("number")
    rows = campaign.deliveries.filter(
        Q(batch_number__in=batches) | Q(batch_number=None), state__in=chosen.states
    )
    if reason:
        rows = rows.annotate(cause=column_without_addresses("error"))
        rows = rows.filter(cause="" if reason == "-" else reason)
    return rows


def causes(campaign, area):
    """(words, count, address of the list) of why most messages failed."""
    address = reverse("admin:messaging_campaign_list", args=[campaign.pk, "gagal"])
    return [
        (words, count, f"{address}?{urlencode({'alasan': value})}")
        for value, words, count in _reasons(campaign, _list("gagal"), area)[:SHOWN_CAUSES]
    ]


def _reasons(campaign, chosen, area):
    """(value, words, count) of the commonest reasons, the most first."""
    cause = column_without_addresses("error") if chosen.states else F("reason")
    some = area.rows(_rows(campaign, chosen, "")).order_by()[:LOOKED_AT].values("pk")
    rows = campaign.deliveries if chosen.states else campaign.exclusions
    some = rows.filter(pk__in=some).order_by().annotate(cause=cause)
    counts = some.values_list("cause").annotate(count=Count("pk"))
    found = sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:MOST_REASONS]
    words = words_of if chosen.states else directory.reason
    return [(value or "-", words(value), count) for value, count in found]


def _shown(row, person):
    if not isinstance(row, Delivery):
        return {"person": person, "key": row.recipient_key, "why": directory.reason(row.reason)}
    return {
        "pk": row.pk,
        "person": person,
        "key": row.recipient_key,
        "row": row,
        "why": words_of(row.error),
    }


def _cells(rows, *, area, purpose):
    """The rows as cells, read and written down chunk by chunk."""
    last = None
    while found := list(
        (rows if last is None else rows.filter(pk__lt=last)).order_by("-pk")[:CHUNK]
    ):
        keys = [row.recipient_key for row in found]
        people = area.people(keys)
        known = [key for key in dict.fromkeys(keys) if key in people]
        directory.note_taken(known, actor=area.user, purpose=purpose, now=timezone.now())
        for row in found:
            yield _line(row, people.get(row.recipient_key))
        last = found[-1].pk


def _line(row, person):
    who = (person.name, person.hint) if person else (f"#{row.recipient_key}", "")
    if not isinstance(row, Delivery):
        return (*who, "", "", "Tidak masuk daftar kirim", directory.reason(row.reason), "")
    return (
        *who,
        row.get_channel_display(),
        masked(row.address) if row.address else "",
        row.get_state_display(),
        words_of(row.error),
        f"{timezone.localtime(row.changed_at):%d/%m/%Y %H.%M}",
    )


def retry(campaign, *, area, now):
    """Send again whatever failed among an officer's people; the sentence that says how many."""
    return _retry_some(campaign, _ids(campaign, _list("gagal"), None, area), now=now)


def _ticked(request):
    found = (whole_in(pk) for pk in request.POST.getlist("pilih"))
    return [pk for pk in found if pk is not None]


def _ids(campaign, chosen, ticked, area):
    """The ticked messages of her people, all of them for None; None: the whole list."""
    if area.is_whole:
        return ticked
    rows = area.rows(_rows(campaign, chosen, ""))
    mine = rows if ticked is None else rows.filter(pk__in=ticked)
    return list(mine.order_by().values_list("pk", flat=True))


def _retry_some(campaign, ids, *, now):
    count = services.retry_failed(campaign, now=now, only_ids=ids)
    if not count:
        return "Tidak ada pesan gagal untuk diulangi."
    return f"{intcomma(count)} pesan dicoba lagi."


def _retry(request, campaign, ids):
    try:
        messages.success(request, _retry_some(campaign, ids, now=timezone.now()))
    except services.CampaignRefused as refusal:
        messages.error(request, str(refusal))


def _resolve(request, campaign, ids):
    if request.POST.get("yakin") != "ya":
        messages.error(request, "Centang dulu bahwa hasilnya sudah diperiksa.")
        return
    facts = {"actor": request.user, "now": timezone.now(), "only_ids": ids}
    try:
        state = request.POST.get("state", "")
        count = services.resolve_all_uncertain(campaign, state=state, **facts)
    except ResolutionRefused as refusal:
        messages.error(request, str(refusal))
        return
    if count:
        messages.success(request, f"Hasil {intcomma(count)} pesan dicatat.")
    else:
        messages.error(request, "Tidak ada pesan yang masih belum pasti di antara pilihan ini.")


ACTS = {"gagal": _retry, "belum-pasti": _resolve}


def _with(request, name, value, other):
    if value is None:
        return ""
    query = request.GET.copy()
    query.pop(other, None)
    query[name] = value
    return f"?{query.urlencode()}"
