"""`tagbuy doctor`: what is checked, what is wrong, and what to do about it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from kombu.exceptions import OperationalError as BrokerError
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.content.existence import UNRESOLVED
from app.core import config, db
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.errors import CannotDecrypt, ConfigurationError
from app.core.logging import redact_text
from app.models import CampaignContent, InstagramAccount, Notification
from app.models.states import ContentStatus, NotificationStatus
from app.monitoring import forecast
from app.notifications.channels import configured_channels
from app.runtime.migrations import OLDEST_POSTGRESQL, migration_state
from app.scheduling import account_secrets, due_feeds, notices, usable_accounts
from app.scheduling.account_changes import PROVIDERS
from app.tasks import QUEUES, celery_app
from app.tasks.utils import HEARTBEAT_KEY

_SILENT_TICKS = 3
_A_MINUTE = timedelta(minutes=1)
_OVERDUE = timedelta(minutes=10)
_UNRESOLVED_FOR = timedelta(days=1)
_ANSWER_SECONDS = 2.0


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WRONG = "wrong"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was seen, and what to do where it is wrong."""

    name: str
    verdict: Verdict
    message: str
    advice: str = ""


def examine() -> Sequence[Finding]:
    """Check everything, in the order in which one thing needs the other."""
    try:
        settings = config.get_settings()
    except ConfigurationError as error:
        return [_wrong("settings", str(error), "Correct the variables; docs/reference/settings.md describes them.")]
    return [
        _ok("settings", f"state directory {settings.state_dir}"),
        *_database_findings(settings),
        *_broker_findings(settings),
        _email(settings),
    ]


def _database_findings(settings: Settings) -> Iterator[Finding]:
    reached = _guarded("postgresql", _postgresql)
    yield reached
    names_and_checks: list[tuple[str, Callable[[], Finding]]] = [
        ("migrations", _migrations),
        ("clock", lambda: _clock(settings)),
        ("accounts", _accounts),
        ("feeds", lambda: _feeds(settings)),
        ("contents", _contents),
        ("outbox", lambda: _outbox(settings)),
    ]
    for name, check in names_and_checks:
        yield _guarded(name, check) if reached.verdict is Verdict.OK else _not_checked(name, "PostgreSQL")


def _broker_findings(settings: Settings) -> Iterator[Finding]:
    reached = _guarded("redis", _redis)
    yield reached
    if reached.verdict is not Verdict.OK:
        yield _not_checked("workers", "Redis")
        yield _not_checked("beat", "Redis")
        return
    yield from _workers()
    yield _guarded("beat", lambda: _beat(settings.scan_tick, now=utc_now()))


def _postgresql() -> Finding:
    with db.engine().connect() as connection:
        version = int(connection.scalar(text("SHOW server_version_num")) or 0)
    message = f"version {version // 10_000}.{version % 10_000}"
    if version // 10_000 < OLDEST_POSTGRESQL:
        return _wrong("postgresql", message, f"Version {OLDEST_POSTGRESQL} or later is needed.")
    return _ok("postgresql", message)


def _migrations() -> Finding:
    state = migration_state()
    if state.is_current:
        return _ok("migrations", f"at {state.head}")
    if not state.is_known:
        return _wrong(
            "migrations",
            f"the database is at {state.current}, which this version does not know",
            "It was made by a newer version of TagBuy Monitor: run that version, or use another database.",
        )
    return _wrong(
        "migrations",
        f"the database is at {state.current or 'nothing'}, the code wants {state.head}",
        "Run `alembic upgrade head` in backend/, or start `tagbuy up`, which does it.",
    )


def _clock(settings: Settings) -> Finding:
    with db.transaction() as session:
        before = utc_now()
        there = db.server_now(session)
        after = utc_now()
    difference = there - (before + (after - before) / 2)
    message = f"PostgreSQL's clock is {difference.total_seconds() * 1000:+.0f} ms from ours"
    if abs(difference) < settings.clock_tolerance:
        return _ok("clock", message)
    tolerated = settings.clock_tolerance / timedelta(milliseconds=1)
    return _wrong(
        "clock", message, f"Synchronise the clocks (NTP): the request limits need less than {tolerated:g} ms."
    )


def _accounts() -> Finding:
    statement = select(InstagramAccount.status, func.count()).group_by(InstagramAccount.status)
    with db.transaction() as session:
        counts = dict(session.execute(statement).all())
    message = ", ".join(f"{count} {status}" for status, count in counts.items()) or "there is none"
    with db.transaction() as session:
        is_usable = any(usable_accounts.exist_of(session, provider) for provider in PROVIDERS)
        is_off = not notices.is_provider_allowed(session, PROVIDERS[0]) and not session.scalar(
            select(func.count()).where(InstagramAccount.is_sandbox)
        )
        unreadable = sum(not _opens(account) for account in session.scalars(select(InstagramAccount)))
    if unreadable:
        advice = "`tagbuy account list` names the missing key, and says what to do where it is lost."
        return _wrong("accounts", f"{message}; {unreadable} cannot be opened with the known keys", advice)
    if is_usable:
        return _ok("accounts", message)
    if counts and is_off:
        return _wrong("accounts", f"{message}, but their provider is off", "Read and `tagbuy account accept-notice`.")
    return _wrong(
        "accounts",
        f"no account can read Instagram: {message}",
        "`tagbuy account list` says why and what to do; `tagbuy account add` adds one. The demo brings its own.",
    )


def _opens(account: InstagramAccount) -> bool:
    try:
        account_secrets.open_session(account)
    except CannotDecrypt:
        return False
    return True


def _feeds(settings: Settings) -> Finding:
    with db.transaction() as session:
        now = db.server_now(session)
        waiting = due_feeds.count_due(session, now=now - _OVERDUE - settings.scan_tick, grace=settings.scan_grace)
        coming = forecast.forecast(session, now=now, settings=settings, most=0)
    if waiting:
        advice = "More is planned than the pool can read, or nobody reads: `tagbuy plan` and `tagbuy account list` say."
        return _wrong("feeds", f"{waiting} due for more than {_OVERDUE / _A_MINUTE:g} minutes", advice)
    # That there is no account at all is told above.
    if coming.warning is not None and coming.requests_per_day:
        return _wrong("feeds", coming.warning, "`tagbuy plan` shows the budget and each campaign's promise.")
    return _ok("feeds", f"none is overdue; {coming.scans_in_all} are read in the coming hour")


def _contents() -> Finding:
    with db.transaction() as session:
        unresolved = session.scalars(
            select(func.count(CampaignContent.id)).where(
                CampaignContent.existence.in_(UNRESOLVED),
                CampaignContent.status != ContentStatus.REJECTED,
                CampaignContent.missing_since < db.server_now(session) - _UNRESOLVED_FOR,
            )
        ).one()
    if not unresolved:
        return _ok("contents", "no suspicion is left open")
    return _wrong(
        "contents",
        f"{unresolved} missed for more than a day without a proof",
        "A proof needs accounts that can look at posts, two at best: see `tagbuy account list`.",
    )


def _outbox(settings: Settings) -> Finding:
    oldest_good = utc_now() - _OVERDUE - settings.notification_tick
    is_pending = Notification.status == NotificationStatus.PENDING
    with db.transaction() as session:
        pending, overdue, failed = session.execute(
            select(
                func.count().filter(is_pending),
                func.count().filter(is_pending, Notification.next_attempt_at < oldest_good),
                func.count().filter(Notification.status == NotificationStatus.FAILED),
            )
        ).one()
        last_error = session.scalar(
            select(Notification.last_error)
            .where(Notification.last_error.is_not(None), Notification.status != NotificationStatus.SENT)
            .order_by(Notification.next_attempt_at.desc())
            .limit(1)
        )
    message = f"{pending} pending, {failed} given up" + (
        f"; last error: {redact_text(last_error)}" if last_error else ""
    )
    if overdue:
        return _wrong(
            "outbox", f"{overdue} are overdue; {message}", "See whether the queue `notifications` has a worker."
        )
    return _ok("outbox", message)


def _redis() -> Finding:
    with Redis.from_url(config.redis_url(), socket_timeout=_ANSWER_SECONDS) as redis:
        redis.ping()
        try:
            policy = redis.config_get("maxmemory-policy").get("maxmemory-policy")
        except ResponseError:
            return _ok("redis", "answers; its memory policy may not be read")
    if policy != "noeviction":
        return _wrong("redis", f"maxmemory-policy is {policy}", "Set it to noeviction: others drop queued tasks.")
    return _ok("redis", "answers, maxmemory-policy noeviction")


def _workers() -> Iterator[Finding]:
    """Ask the workers themselves: only they know what they consume."""
    try:
        queues_by_worker = celery_app.control.inspect(timeout=_ANSWER_SECONDS).active_queues() or {}
        with Redis.from_url(config.redis_url(), socket_timeout=_ANSWER_SECONDS) as redis:
            lengths = {queue: int(redis.llen(queue)) for queue in QUEUES}
    except (RedisError, BrokerError) as error:
        yield _wrong("workers", _first_line(error), "Check REDIS_URL and the server.")
        return
    for queue in QUEUES:
        count = sum(queue in {entry["name"] for entry in entries} for entries in queues_by_worker.values())
        message = f"{count} {'worker' if count == 1 else 'workers'}, {lengths[queue]} tasks waiting"
        if count:
            yield _ok(f"queue {queue}", message)
        else:
            advice = f"Start `tagbuy up`, or in backend/ `celery -A app.tasks worker -Q {queue} -c 1 -l info`."
            yield _wrong(f"queue {queue}", message, advice)


def _beat(tick: timedelta, *, now: datetime) -> Finding:
    key = HEARTBEAT_KEY.format(task="scan_active_campaigns")
    with Redis.from_url(config.redis_url(), socket_timeout=_ANSWER_SECONDS) as redis:
        value = redis.get(key)
    advice = "Start `tagbuy up`, or `celery -A app.tasks beat` in backend/; its ticks need a worker of `default`."
    if value is None:
        return _wrong("beat", "no tick has ever been seen", advice)
    silence = now - datetime.fromisoformat(str(value, "ascii")).astimezone(UTC)
    message = f"last tick {silence.total_seconds():.0f} s ago"
    if silence > tick * _SILENT_TICKS:
        return _wrong("beat", message, advice)
    return _ok("beat", message)


def _email(settings: Settings) -> Finding:
    if settings.smtp_url is None:
        return _wrong("e-mail", "no SMTP server is set", "Set TAGBUY_SMTP_URL; until then e-mails wait in the outbox.")
    try:
        configured_channels(settings)
    except ConfigurationError as error:
        return _wrong("e-mail", str(error), "Correct TAGBUY_SMTP_URL.")
    return _ok("e-mail", redact_text(settings.smtp_url.get_secret_value()))


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    """Turn the failure of a check into a finding."""
    try:
        return check()
    except ConfigurationError as error:
        return _wrong(name, str(error), "")
    except SQLAlchemyError as error:
        advice = "Check DATABASE_URL and the server." if name == "postgresql" else "Migrate: `alembic upgrade head`."
        return _wrong(name, _first_line(error), advice)
    except RedisError as error:
        return _wrong(name, _first_line(error), "Check REDIS_URL and the server.")


def _first_line(error: Exception) -> str:
    return redact_text(str(getattr(error, "orig", error)).strip().partition("\n")[0])


def _ok(name: str, message: str) -> Finding:
    return Finding(name, Verdict.OK, message)


def _wrong(name: str, message: str, advice: str) -> Finding:
    return Finding(name, Verdict.WRONG, message, advice)


def _not_checked(name: str, needed: str) -> Finding:
    return Finding(name, Verdict.NOT_CHECKED, f"needs {needed}")
