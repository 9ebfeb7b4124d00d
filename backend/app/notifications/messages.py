"""Messages: what a notification says to a person, as text and as HTML. Names and titles in it are data, not markup."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from app.core.clock import KST
from app.core.errors import InvalidInput
from app.models.states import Locale, NotificationEvent
from app.notifications.channels.base import Message
from app.notifications.wording import WORDINGS, Wording

_LONGEST_IN_SUBJECT = 60
_OFFICIAL = "graph"


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message before it is laid out."""

    subject: str
    opening: str
    facts: Sequence[tuple[str, str]]
    closing: str
    link: tuple[str, str] | None = None
    """Label and address."""


def render(event: NotificationEvent, payload: Mapping[str, Any], locale: Locale) -> Message:
    """Return the message for an event in the recipient's language.

    Raises:
        InvalidInput: the payload lacks something that the message needs.
    """
    wording = WORDINGS[locale]
    try:
        letter = _LETTERS[event](payload, wording)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"the payload of {event} cannot be used: {type(error).__name__} {error}") from error
    return Message(letter.subject, _as_text(letter, wording), _as_html(letter, wording, locale))


def _content_registered(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    campaign, influencer = _line(payload["campaign_title"]), _line(payload["influencer_username"])
    posted_at = datetime.fromisoformat(payload["posted_at"]).astimezone(KST)
    post_type = str(payload["post_type"])
    return _Letter(
        subject=wording.registered_subject.format(campaign=_short(campaign), influencer=_short(influencer)),
        opening=wording.registered_opening.format(campaign=campaign),
        facts=[
            (wording.campaign, campaign),
            (wording.influencer, f"@{influencer}"),
            (wording.posted_at, posted_at.strftime(wording.time)),
            (wording.post_type, wording.post_types.get(post_type, _line(post_type))),
            (wording.hashtags, _listed("#", payload["hashtags"], wording)),
            (wording.mentions, _listed("@", payload["mentions"], wording)),
        ],
        closing=wording.registered_closing,
        link=(wording.open_post, _line(payload["post_url"])),
    )


def _disclosure_missing(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    return _content_alert(
        payload,
        wording,
        subject=wording.disclosure_missing_subject,
        opening=wording.disclosure_missing_opening,
        finding=(wording.finding, _line(payload["message"])),
        closing=wording.disclosure_closing,
    )


def _disclosure_removed(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    return _content_alert(
        payload,
        wording,
        subject=wording.disclosure_removed_subject,
        opening=wording.disclosure_removed_opening,
        finding=(wording.finding, _line(payload["message"])),
        closing=wording.disclosure_closing,
    )


def _requirement_removed(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    return _content_alert(
        payload,
        wording,
        subject=wording.requirement_removed_subject,
        opening=wording.requirement_removed_opening,
        finding=(wording.removed, _listed("", payload["removed"], wording)),
        closing=wording.requirement_removed_closing,
    )


def _content_alert(
    payload: Mapping[str, Any],
    wording: Wording,
    *,
    subject: str,
    opening: str,
    finding: tuple[str, str],
    closing: str,
) -> _Letter:
    campaign, influencer = _line(payload["campaign_title"]), _line(payload["influencer_username"])
    return _Letter(
        subject=subject.format(campaign=_short(campaign), influencer=_short(influencer)),
        opening=opening.format(campaign=campaign, influencer=influencer),
        facts=[(wording.campaign, campaign), (wording.influencer, f"@{influencer}"), finding],
        closing=closing,
        link=(wording.open_post, _line(payload["post_url"])),
    )


def _account_needs_human(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    account = _line(payload["account_username"])
    return _Letter(
        subject=wording.account_subject.format(account=_short(account)),
        opening=wording.account_opening.format(account=account),
        facts=[
            (wording.account, f"@{account}"),
            (wording.provider, _line(payload["provider"])),
            (wording.reason, _reason(payload["error"], wording)),
        ],
        closing=wording.renewal_closing if payload["provider"] == _OFFICIAL else wording.account_closing,
    )


def _token_expires(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    account = _line(payload["account_username"])
    expires_at = datetime.fromisoformat(payload["expires_at"]).astimezone(KST).strftime(wording.time)
    return _Letter(
        subject=wording.renewal_subject.format(account=_short(account)),
        opening=wording.renewal_opening.format(account=account, expires_at=expires_at),
        facts=[(wording.account, account), (wording.valid_until, expires_at)],
        closing=wording.renewal_closing,
    )


def _provider_outdated(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    provider = _line(payload["provider"])
    return _Letter(
        subject=wording.outdated_subject.format(provider=_short(provider)),
        opening=wording.outdated_opening.format(provider=provider),
        facts=[(wording.provider, provider), (wording.reason, _reason(payload["error"], wording))],
        closing=wording.outdated_closing,
    )


def _content_deleted(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    facts = [
        (wording.last_seen_at, _instant(payload["last_seen_at"], wording)),
        (wording.missing_since, _instant(payload["missing_since"], wording)),
        (wording.confirmed_at, _instant(payload["confirmed_at"], wording)),
    ]
    texts = (wording.deleted_subject, wording.deleted_opening, wording.deleted_closing)
    return _content_letter(payload, wording, texts, facts)


def _content_restored(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    facts = [(wording.restored_at, _instant(payload["confirmed_at"], wording))]
    texts = (wording.restored_subject, wording.restored_opening, wording.restored_closing)
    return _content_letter(payload, wording, texts, facts)


def _content_letter(
    payload: Mapping[str, Any], wording: Wording, texts: tuple[str, str, str], facts: Sequence[tuple[str, str]]
) -> _Letter:
    campaign, influencer = _line(payload["campaign_title"]), _line(payload["influencer_username"])
    subject, opening, closing = texts
    return _Letter(
        subject=subject.format(campaign=_short(campaign), influencer=_short(influencer)),
        opening=opening.format(campaign=campaign),
        facts=[
            (wording.campaign, campaign),
            (wording.influencer, f"@{influencer}"),
            (wording.posted_at, _instant(payload["posted_at"], wording)),
            *facts,
            (wording.retention_until, _instant(payload["retention_until"], wording)),
        ],
        closing=closing,
        link=(wording.open_post, _line(payload["post_url"])),
    )


def _author_hidden(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    influencer = _line(payload["influencer_username"])
    return _Letter(
        subject=wording.hidden_subject.format(influencer=_short(influencer)),
        opening=wording.hidden_opening.format(influencer=influencer),
        facts=[
            (wording.influencer, f"@{influencer}"),
            (wording.hidden_since, _instant(payload["hidden_since"], wording)),
        ],
        closing=wording.hidden_closing,
    )


def _verdicts_stopped(payload: Mapping[str, Any], wording: Wording) -> _Letter:
    return _Letter(
        subject=wording.stopped_subject,
        opening=wording.stopped_opening,
        facts=[(wording.stopped_at, _instant(payload["stopped_at"], wording))],
        closing=wording.stopped_closing,
    )


_LETTERS: Mapping[NotificationEvent, Callable[[Mapping[str, Any], Wording], _Letter]] = {
    NotificationEvent.CONTENT_REGISTERED: _content_registered,
    NotificationEvent.DISCLOSURE_MISSING: _disclosure_missing,
    NotificationEvent.DISCLOSURE_REMOVED: _disclosure_removed,
    NotificationEvent.REQUIREMENT_REMOVED: _requirement_removed,
    NotificationEvent.CONTENT_DELETED: _content_deleted,
    NotificationEvent.CONTENT_RESTORED: _content_restored,
    NotificationEvent.AUTHOR_HIDDEN: _author_hidden,
    NotificationEvent.VERDICTS_STOPPED: _verdicts_stopped,
    NotificationEvent.ACCOUNT_NEEDS_HUMAN: _account_needs_human,
    NotificationEvent.ACCOUNT_TOKEN_EXPIRES: _token_expires,
    NotificationEvent.PROVIDER_OUTDATED: _provider_outdated,
}


def _reason(error: object, wording: Wording) -> str:
    name = _line(error)
    meaning = wording.reasons.get(name)
    return name if meaning is None else f"{meaning} ({name})"


def _instant(value: object, wording: Wording) -> str:
    """Return an instant (ISO 8601) as people read it, or a dash where it is not known."""
    return datetime.fromisoformat(str(value)).astimezone(KST).strftime(wording.time) if value else "–"


def _listed(sign: str, names: Sequence[str], wording: Wording) -> str:
    return " ".join(sign + _line(name) for name in names) or wording.none


def _line(value: object) -> str:
    """Return the value as one line: what breaks lines would forge headers and rows."""
    spaced = "".join(" " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter for letter in str(value))
    return " ".join(spaced.split())


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_IN_SUBJECT else name[: _LONGEST_IN_SUBJECT - 1] + "…"


def _as_text(letter: _Letter, wording: Wording) -> str:
    facts = [f"- {label}: {value}" for label, value in letter.facts]
    link = [] if letter.link is None else [f"- {letter.link[0]}: {letter.link[1]}"]
    parts = [wording.greeting, letter.opening, "\n".join([*facts, *link]), letter.closing, "TagBuy Monitor"]
    return "\n\n".join(parts) + "\n"


def _as_html(letter: _Letter, wording: Wording, locale: Locale) -> str:
    rows = "".join(
        f'<tr><td style="padding:4px 16px 4px 0;color:#666;white-space:nowrap">{escape(label)}</td>'
        f'<td style="padding:4px 0">{escape(value)}</td></tr>'
        for label, value in letter.facts
    )
    return (
        f'<!doctype html><html lang="{locale.value}"><head><meta charset="utf-8"></head>'
        '<body style="font-family:sans-serif;font-size:15px;line-height:1.6;color:#222">'
        f"<p>{escape(wording.greeting)}</p><p>{escape(letter.opening)}</p>"
        f'<table style="border-collapse:collapse">{rows}</table>{_html_link(letter)}'
        f'<p>{escape(letter.closing)}</p><p style="color:#666">TagBuy Monitor</p></body></html>\n'
    )


def _html_link(letter: _Letter) -> str:
    if letter.link is None:
        return ""
    label, address = letter.link
    if not address.startswith("https://"):
        return f"<p>{escape(label)}: {escape(address)}</p>"
    return f'<p><a href="{escape(address)}">{escape(label)}</a></p>'
