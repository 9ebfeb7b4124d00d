"""The accounts as an operator wants to see them: how they are, and what they may still do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.config import Settings
from app.core.errors import CannotDecrypt, InvalidInput
from app.instagram.graph_token import GraphToken
from app.models import InstagramAccount, InstagramRequest
from app.models.states import AccountStatus
from app.scheduling import account_advice, account_secrets, allowance, graph_tokens, notices

_AHEAD = (
    "a clock was ahead when it sent last; by the request log it waits until that moment, and `resume` changes nothing"
)


@dataclass(frozen=True, slots=True)
class WindowUse:
    """How much of one limit is used in the span that ends now, by the request log."""

    span: timedelta
    limit: int
    used: int

    @property
    def left(self) -> int:
        """Return how many requests the limit still lets through."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account, without any secret."""

    username: str
    provider: str
    status: AccountStatus
    reason: str | None
    """Why it is not active."""
    advice: str | None
    is_sandbox: bool
    proxy: str | None
    """Host and port only."""
    windows: Sequence[WindowUse]
    warming_since: date | None
    rests_for: timedelta | None
    last_error: str | None
    last_succeeded_at: datetime | None
    token_expires_at: datetime | None = None


def list_accounts(session: Session, *, now: datetime, settings: Settings) -> Sequence[AccountLine]:
    """Return every account by name; one whose secrets cannot be opened says so and keeps nobody else off the list."""
    used = _used(session, now=now)
    ahead = _ahead(session, now=now, settings=settings)
    accounts = session.scalars(select(InstagramAccount).order_by(InstagramAccount.username)).all()
    allowed = {provider: notices.is_provider_allowed(session, provider) for provider in {a.provider for a in accounts}}
    lines = [
        _line(account, used, is_allowed=account.is_sandbox or allowed[account.provider], now=now, settings=settings)
        for account in accounts
    ]
    return [
        replace(line, rests_for=ahead[account.id] - now, reason=_AHEAD) if account.id in ahead else line
        for account, line in zip(accounts, lines, strict=True)
    ]


def proxy_host(proxy: str | None) -> str | None:
    """Return host and port of a proxy, without its user and password."""
    if proxy is None:
        return None
    parts = urlsplit(proxy)
    return f"{parts.hostname}:{parts.port}"


def _line(
    account: InstagramAccount,
    used: Mapping[tuple[UUID, timedelta], int],
    *,
    is_allowed: bool,
    now: datetime,
    settings: Settings,
) -> AccountLine:
    windows = allowance.own_windows(account, allowance.common_windows(settings, account.provider), now=now)
    reason = account.status_reason or account.last_error
    is_aside = account.status is AccountStatus.NEEDS_HUMAN
    advice = account_advice.advice_for_stored(account.last_error, account.username, is_aside=is_aside)
    if account.status is AccountStatus.ACTIVE:
        reason = advice = None
    if not is_allowed:
        reason, advice = f"{account.provider} is off: its notice is not accepted", "`tagbuy account accept-notice`"
    if account.session is None:
        missing = "token_missing" if account.provider == graph_tokens.PROVIDER else "session_missing"
        advice = account_advice.advice_for_stored(missing, account.username)
    elif account.status is AccountStatus.COOLING and reason is None:
        reason = "the API says that its allowance is nearly used up"
    token_expires_at = None
    try:
        account_secrets.open_login(account)
        stored = account_secrets.open_session(account)
        if stored and account.provider == graph_tokens.PROVIDER:
            token_expires_at = GraphToken.from_settings(stored).expires_at
    except CannotDecrypt as error:
        reason, advice = str(error), None
    except InvalidInput as error:
        reason, advice = str(error), account_advice.advice_for_stored("token_unreadable", account.username)
    return AccountLine(
        username=account.username,
        provider=account.provider,
        status=account.status,
        reason=reason,
        advice=advice,
        is_sandbox=account.is_sandbox,
        proxy=proxy_host(account.proxy),
        windows=[WindowUse(span, most, used.get((account.id, span), 0)) for most, span in windows],
        warming_since=account.warming_since,
        rests_for=account.cooldown_until - now if account.cooldown_until and account.cooldown_until > now else None,
        last_error=account.last_error,
        last_succeeded_at=account.last_succeeded_at,
        token_expires_at=token_expires_at,
    )


def _used(session: Session, *, now: datetime) -> Mapping[tuple[UUID, timedelta], int]:
    spans = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
    sent_at = InstagramRequest.latest_sent_at
    minute, hour, day = (func.count().filter(sent_at > now - span) for span in spans)
    rows = session.execute(
        select(InstagramRequest.account_id, minute, hour, day)
        .where(sent_at > now - spans[-1])
        .group_by(InstagramRequest.account_id)
    )
    used: dict[tuple[UUID, timedelta], int] = {}
    for account_id, *counts in rows:
        used.update({(account_id, span): count for span, count in zip(spans, counts, strict=True)})
    return used


def _ahead(session: Session, *, now: datetime, settings: Settings) -> Mapping[UUID, datetime]:
    """Return what the log of an account waits for where that is later than any request of now can be sent."""
    latest = now + settings.request_lease + settings.clock_tolerance
    sent_at = InstagramRequest.latest_sent_at
    rows = session.execute(
        select(InstagramRequest.account_id, func.max(sent_at))
        .where(sent_at > latest)
        .group_by(InstagramRequest.account_id)
    )
    return dict(rows.all())
