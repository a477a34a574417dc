"""What WhatsApp tells about texts, numbers and accounts, in words for staff.

Source: the Cloud API's reference of webhooks. Fields that are not listed here change nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from umkm_portal.common.numbers import whole_in
from umkm_portal.messaging.models import ProviderNews, WhatsAppTemplate
from umkm_portal.messaging.services.news import AccountNews, News, NumberNews, TemplateNews
from umkm_portal.messaging.transports.whatsapp_errors import Meaning, error_of, meaning_of

Json = Mapping[str, Any]
Tone = ProviderNews.Tone
State = WhatsAppTemplate.State
_STATES = {
    "APPROVED": (State.APPROVED, Tone.GOOD),
    "REINSTATED": (State.APPROVED, Tone.GOOD),
    "PENDING": (State.PENDING, Tone.PLAIN),
    "IN_APPEAL": (State.PENDING, Tone.PLAIN),
    "REJECTED": (State.REJECTED, Tone.BAD),
    "PAUSED": (State.PAUSED, Tone.BAD),
    "DISABLED": (State.DISABLED, Tone.BAD),
    "LIMIT_EXCEEDED": (State.DISABLED, Tone.BAD),
    "DELETED": (State.GONE, Tone.BAD),
    "PENDING_DELETION": (State.GONE, Tone.BAD),
    "ARCHIVED": (State.GONE, Tone.BAD),
}
_QUALITIES = {
    "GREEN": ("tinggi", Tone.GOOD),
    "YELLOW": ("sedang", Tone.WARNING),
    "RED": ("rendah", Tone.BAD),
}
_NUMBER_WORDS = {
    "FLAGGED": ("Mutu nomor rendah: kurangi pesan promosi.", Tone.BAD, "RED"),
    "UNFLAGGED": ("Mutu nomor pulih.", Tone.GOOD, "GREEN"),
    "UPGRADE": ("Batas nomor dinaikkan WhatsApp.", Tone.GOOD, ""),
    "DOWNGRADE": ("Batas nomor diturunkan WhatsApp.", Tone.WARNING, ""),
    "THROUGHPUT_UPGRADE": ("Nomor boleh mengirim lebih cepat.", Tone.GOOD, ""),
    "ONBOARDING": ("Nomor sedang didaftarkan WhatsApp.", Tone.PLAIN, ""),
}
_STOPPED_BY = "RESTRICTED_BIZ_INITIATED_MESSAGING"
_LANGUAGE_SEPARATOR = "-", "_"


def read_news(field: str, value: Json, *, business_id: str, at: datetime) -> News | None:
    """One piece of news, or None for a field that tells nothing of ours."""
    reader = _READERS.get(field)
    if reader is None:
        return None
    told = json.dumps([business_id, field, value, at.timestamp()], sort_keys=True)
    return reader(value, hashlib.sha256(told.encode()).hexdigest(), business_id, at)


def read_errors(
    errors: Sequence[Json], value: Json, *, business_id: str, at: datetime
) -> list[News]:
    """Errors that are about a number as a whole and not about one message."""
    found: list[News] = []
    phone_id = str(_part(value, "metadata").get("phone_number_id", ""))
    for error in errors:
        code, words = error_of({"error": error})
        if meaning_of(code) != Meaning.ACCOUNT:
            continue
        key = hashlib.sha256(f"{business_id}:{phone_id}:{code}:{at}".encode()).hexdigest()
        sentence = f"WhatsApp menolak akun kita: {words}"
        found.append(
            AccountNews(key, business_id, sentence, at, Tone.BAD, phone_id, is_stopped=True)
        )
    return found


def _template_state(value: Json, key: str, business_id: str, at: datetime) -> News:
    event = str(value.get("event", ""))
    state, tone = _STATES.get(event, ("", Tone.WARNING if event == "FLAGGED" else Tone.PLAIN))
    name, language = _text_of(value)
    reason = _reason(value)
    label = State(state).in_sentence if state else _OTHER_STATES.get(event, event.lower())
    sentence = " ".join(filter(None, [f'Templat "{name}" {label}.', reason]))
    return TemplateNews(
        *(key, business_id, sentence, at, tone),
        name=name,
        language=language,
        state=state,
        reason=reason if state != State.APPROVED else "",
    )


_OTHER_STATES = {
    "FLAGGED": "mendapat banyak keluhan dan dapat dimatikan",
    "LOCKED": "dikunci, tidak dapat diubah",
    "UNLOCKED": "dapat diubah lagi",
}


def _template_quality(value: Json, key: str, business_id: str, at: datetime) -> News:
    quality = str(value.get("new_quality_score", ""))
    words, tone = _QUALITIES.get(quality, ("belum diketahui", Tone.PLAIN))
    name, language = _text_of(value)
    sentence = f'Mutu templat "{name}" {words}.'
    told = quality if quality in _QUALITIES else ""
    return TemplateNews(
        *(key, business_id, sentence, at, tone), name=name, language=language, quality=told
    )


def _number(value: Json, key: str, business_id: str, at: datetime) -> News:
    words, tone, quality = _NUMBER_WORDS.get(
        str(value.get("event", "")), ("Kabar tentang nomor.", Tone.PLAIN, "")
    )
    people = _people(value.get("max_daily_conversations_per_business"))
    if people is None and value.get("event") != "THROUGHPUT_UPGRADE":
        people = _people(value.get("current_limit"))
    shown = str(value.get("display_phone_number", ""))
    sentence = " ".join(filter(None, [f"{shown}:" if shown else "", words, _limit(people)]))
    return NumberNews(*(key, business_id, sentence, at, tone), quality=quality, people=people)


def _capability(value: Json, key: str, business_id: str, at: datetime) -> News:
    told = value.get("max_daily_conversations_per_business")
    people = _people(told if told is not None else value.get("max_daily_conversation_per_phone"))
    return NumberNews(key, business_id, _limit(people) or "Batas akun berubah.", at, people=people)


def _account(value: Json, key: str, business_id: str, at: datetime) -> News:
    event = str(value.get("event", ""))
    ban = _part(value, "ban_info").get("waba_ban_state")
    facts = (key, business_id)
    if event == "ACCOUNT_DELETED" or (event == "DISABLED_UPDATE" and ban == "DISABLE"):
        return AccountNews(*facts, "WhatsApp mematikan akun ini.", at, Tone.BAD, is_stopped=True)
    if event == "DISABLED_UPDATE" and ban == "REINSTATE":
        words = "WhatsApp mengaktifkan akun ini lagi."
        return AccountNews(*facts, words, at, Tone.GOOD, is_free_again=True)
    if event == "DISABLED_UPDATE":
        day = _part(value, "ban_info").get("waba_ban_date", "")
        words = f"WhatsApp akan mematikan akun ini. {day}".strip()
        return AccountNews(*facts, words, at, Tone.WARNING)
    if event == "ACCOUNT_RESTRICTION":
        return _restricted(value, facts, at)
    if event == "ACCOUNT_VIOLATION":
        what = _part(value, "violation_info").get("violation_type", "")
        words = f"WhatsApp mencatat pelanggaran aturan: {what}."
        return AccountNews(*facts, words, at, Tone.WARNING)
    return AccountNews(*facts, f"Kabar akun: {event.replace('_', ' ').lower()}.", at)


def _restricted(value: Json, facts: tuple[str, str], at: datetime) -> News:
    told = value.get("restriction_info") or value.get("restrictions") or []
    rows = [row for row in (told if isinstance(told, list) else [told]) if isinstance(row, dict)]
    hard = [row for row in rows if row.get("restriction_type") == _STOPPED_BY]
    if not hard:
        return AccountNews(*facts, "WhatsApp membatasi akun ini.", at, Tone.WARNING)
    until = _moment(hard[0].get("expiration"))
    words = "WhatsApp melarang akun ini memulai percakapan"
    words += f" sampai {until:%d/%m/%Y}." if until else "."
    return AccountNews(*facts, words, at, Tone.BAD, is_stopped=True, stopped_until=until)


def _text_of(value: Json) -> tuple[str, str]:
    name = str(value.get("message_template_name", ""))[:512]
    language = str(value.get("message_template_language", "")).replace(*_LANGUAGE_SEPARATOR)
    return name, language[:15]


def _reason(value: Json) -> str:
    told = str(value.get("reason") or "")
    info = _part(value, "rejection_info").get("reason") or _part(value, "other_info").get(
        "description"
    )
    return str(info or ("" if told == "NONE" else told))[:200]


def _people(told: object) -> int | None:
    """People in 24 hours of `TIER_2K`, `2000` or -1 (no limit); None when it says nothing."""
    text = str(told if told is not None else "").removeprefix("TIER_")
    if text in ("UNLIMITED", "-1"):
        return 0
    number, scale = (text[:-1], 1_000) if text.endswith("K") else (text, 1)
    return (whole_in(number) or 0) * scale or None


def _limit(people: int | None) -> str:
    if people is None:
        return ""
    if people == 0:
        return "Tanpa batas orang per 24 jam."
    return f"Batas: {people:,}".replace(",", ".") + " orang per 24 jam."


def _part(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _moment(told: object) -> datetime | None:
    """A time as WhatsApp writes it here: ISO, or seconds since 1970."""
    try:
        if (seconds := whole_in(str(told))) is not None:
            return datetime.fromtimestamp(seconds, tz=UTC)
        found = datetime.fromisoformat(str(told))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_READERS: Mapping[str, Callable[[Json, str, str, datetime], News]] = {
    "message_template_status_update": _template_state,
    "message_template_quality_update": _template_quality,
    "phone_number_quality_update": _number,
    "business_capability_update": _capability,
    "account_update": _account,
}
