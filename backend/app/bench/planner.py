"""`tagbuy bench planner`: what a planner's tick and a row's update cost with many influencers, on a real PostgreSQL.

Every influencer takes part in a running campaign, has a rhythm, and is due once a day; the pool has one account for
1,000 influencers, which is what can read them so often, and each is in step with its pace. What a tick has claimed is
scanned before the next one: the rows get their next due time, and leave dead entries in the index as they do in life.

The server has memory for its tables, and they are read into it first; with less, a tick waits for the disk.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import mean, median

import psutil
from sqlalchemy import TextClause, select, text, update
from sqlalchemy.orm import Session

from app.bench.database import settings_of
from app.bench.pool_servers import fill_pool
from app.core.config import Settings, get_settings
from app.core.db import engine, transaction
from app.models import Influencer
from app.monitoring import next_scan, plan
from app.runtime.migrations import migrate
from app.runtime.servers import postgres_of
from app.scheduling import accounts, due_feeds, pool_forecast
from app.scheduling.allowance import Limits
from app.scheduling.rhythm import new_rhythm
from app.scheduling.rhythm_store import stored_form

_TICKS = 20
_FEW_TICKS = 5
_INFLUENCERS_A_CAMPAIGN = 1000
_INFLUENCERS_AN_ACCOUNT = 1000
_SPREAD = timedelta(days=1)
_IN_STEP = text(
    "UPDATE instagram_accounts SET paced_until = clock_timestamp() + random() * interval '88 s', "
    "free_at = to_timestamp(0)"
)
_CATCHING_UP = text(
    "UPDATE instagram_accounts SET paced_until = clock_timestamp() - interval '1 hour', free_at = clock_timestamp()"
)


def measure_planner(sizes: Sequence[int], *, shared_buffers: str, say: Callable[[str], None]) -> Mapping[str, object]:
    """Return milliseconds for each number of influencers, and the plan of the choosing query at the largest."""
    figures: dict[str, object] = {}
    query_plan: list[str] = []
    for size in sizes:
        say(f"{size:,} influencers …")
        with _server(shared_buffers):
            _fill(size)
            fill_pool(max(1, size // _INFLUENCERS_AN_ACCOUNT))
            _read_into_memory()
            figures[str(size)], query_plan = _measure(get_settings(), say)
    return {"shared_buffers": shared_buffers, "milliseconds": figures, "choosing_query_plan": query_plan}


@contextmanager
def _server(shared_buffers: str) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="tagbuy-bench-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        server = postgres_of(directory, shared_buffers=shared_buffers)
        with server.running() as url, settings_of(directory, DATABASE_URL=url):
            migrate()
            yield


def _measure(settings: Settings, say: Callable[[str], None]) -> tuple[dict[str, object], list[str]]:
    with transaction() as session:
        begin = session.scalars(select(Influencer.next_scan_at).order_by(Influencer.next_scan_at).limit(1)).one()
    first_survey = _tune(settings, begin)
    say("  ticks")
    usual = [_tick(settings, begin + timedelta(minutes=tick + 1)) for tick in range(_TICKS)]
    counting = {name: _count(settings, state) for name, state in (("step", _IN_STEP), ("behind", _CATCHING_UP))}
    updates = _update_some(settings, begin)
    tuning, survey = (_tune(settings, begin + passed) for passed in (timedelta(minutes=15), timedelta(hours=2)))
    now = begin + timedelta(minutes=_TICKS + 1)
    with transaction() as session:
        plan_lines = _explain(session, now=now, settings=settings)
    say("  a tenth of the campaigns have ended, and then everybody is due at once")
    with transaction() as session:
        session.execute(text("UPDATE campaigns SET status = 'completed' WHERE title LIKE '%7' OR title = 'campaign 1'"))
    ended = [_tick(settings, now + timedelta(minutes=tick)) for tick in range(_FEW_TICKS)]
    crowded = [_tick(settings, now + 2 * _SPREAD) for _ in range(_FEW_TICKS)]
    return {
        "tick": _middle(usual),
        "slowest_tick": round(max(tick.milliseconds for tick in usual), 1),
        "processor_time_of_a_tick": round(mean(tick.processor_milliseconds for tick in usual), 1),
        "claimed_in_a_tick": round(median(tick.claimed for tick in usual)),
        "tick_with_a_tenth_put_to_sleep": _middle(ended),
        "tick_with_everybody_due": _middle(crowded),
        "counting_permits": counting["step"],
        "counting_permits_of_a_pool_that_catches_up": counting["behind"],
        "update_of_one": round(median(updates), 2),
        "slowest_update": round(max(updates), 2),
        "first_survey": round(first_survey, 1),
        "tuning_every_ten_minutes": round(tuning, 1),
        "hourly_survey": round(survey, 1),
        "load_average": round(os.getloadavg()[0], 1),
    }, plan_lines


@dataclass(frozen=True, slots=True)
class _Tick:
    milliseconds: float
    """With its commit."""
    processor_milliseconds: float
    """Of the planner and its server process; what else runs on the machine hardly changes it. In steps of 10."""
    claimed: int


def _tick(settings: Settings, now: datetime) -> _Tick:
    """Return what a tick takes; the feeds that it claims are scanned at once."""
    _set_pool(_IN_STEP)
    begun = time.perf_counter()
    with transaction() as session:
        server = psutil.Process(session.scalars(text("SELECT pg_backend_pid()")).one())
        busy = _processor_milliseconds(server)
        feeds = plan.claim_feeds(session, now=now, settings=settings)
    milliseconds = (time.perf_counter() - begun) * 1000
    busy = _processor_milliseconds(server) - busy
    with transaction() as session:
        session.execute(
            update(Influencer)
            .where(Influencer.id.in_([feed.influencer_id for feed in feeds]))
            .values(next_scan_at=Influencer.next_scan_at + _SPREAD, scan_lease_until=None)
        )
    return _Tick(milliseconds, busy, len(feeds))


def _processor_milliseconds(server: psutil.Process) -> float:
    times = server.cpu_times()
    return (time.process_time() + times.user + times.system) * 1000


def _tune(settings: Settings, now: datetime) -> float:
    def tune() -> None:
        with transaction() as session:
            plan.tune_price(session, now=now, settings=settings)

    return _timed(tune)


def _count(settings: Settings, state: TextClause) -> float:
    _set_pool(state)
    with transaction() as session:
        count = partial(
            pool_forecast.count_free_permits,
            session,
            provider=accounts.PROVIDER,
            limits=Limits.from_settings(settings, accounts.PROVIDER),
            within=settings.scan_tick,
        )
        return round(median(_timed(count) for _ in range(_FEW_TICKS)), 1)


def _set_pool(state: TextClause) -> None:
    with transaction() as session:
        session.execute(state)


def _update_some(settings: Settings, now: datetime) -> Sequence[float]:
    with transaction() as session:
        rows = session.scalars(select(Influencer).limit(50)).all()
        return [_timed(partial(_update, session, row, now=now, settings=settings)) for row in rows]


def _middle(ticks: Sequence[_Tick]) -> float:
    return round(median(tick.milliseconds for tick in ticks), 1)


def _update(session: Session, influencer: Influencer, *, now: datetime, settings: Settings) -> None:
    known = next_scan.known_until(influencer)
    next_scan.learn_page(influencer, [], known_until=known, is_first_page=True, now=now, settings=settings)
    due = next_scan.plan_next_scan(session, influencer, now=now, settings=settings)
    due_feeds.note_scanned(influencer, now=now, next_at=due)
    session.flush()


def _fill(size: int) -> None:
    rhythm = json.dumps(stored_form(new_rhythm(datetime.fromisoformat("2026-11-01T00:00:00+00:00"))))
    with engine().begin() as connection:
        connection.execute(
            text(
                "INSERT INTO users (id, email, role, locale) "
                "VALUES (gen_random_uuid(), 'bench@example.com', 'advertiser', 'ko')"
            )
        )
        connection.execute(
            text(
                """
                INSERT INTO campaigns (id, advertiser_id, title, status, required_hashtags, required_mentions,
                                       content_type, start_date, end_date)
                SELECT gen_random_uuid(), users.id, 'campaign ' || number, 'active', '["a"]', '[]', 'any',
                       current_date - 10, current_date + 20
                FROM users, generate_series(1, :number) AS number
                """
            ),
            {"number": max(1, size // _INFLUENCERS_A_CAMPAIGN)},
        )
        connection.execute(
            text(
                """
                INSERT INTO influencers (id, platform, platform_uid, username, scan_priority, posting_rhythm,
                                         next_scan_at, last_post_checked_at, scan_price)
                SELECT gen_random_uuid(), 'instagram', number::text, 'influencer' || number, 'medium',
                       CAST(:rhythm AS jsonb), now() + random() * CAST(:spread AS interval),
                       now() - interval '1 hour', 1e9
                FROM generate_series(1, :size) AS number
                """
            ),
            {"rhythm": rhythm, "spread": _SPREAD, "size": size},
        )
        connection.execute(
            text(
                """
                INSERT INTO campaign_influencers (id, campaign_id, influencer_id)
                SELECT gen_random_uuid(), campaign.id, influencer.id
                FROM (SELECT id, row_number() OVER () AS place FROM influencers) AS influencer
                JOIN (SELECT id, row_number() OVER () AS place, count(*) OVER () AS number FROM campaigns) AS campaign
                  ON campaign.place = influencer.place % campaign.number + 1
                """
            )
        )
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) influencers, campaigns, campaign_influencers"))


def _read_into_memory() -> None:
    with engine().begin() as connection:
        connection.execute(text("CREATE EXTENSION pg_prewarm"))
        connection.execute(
            text(
                """
                SELECT count(pg_prewarm(oid)) FROM pg_class
                WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace
                """
            )
        )
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))


def _explain(session: Session, *, now: datetime, settings: Settings) -> list[str]:
    session.execute(text("SET LOCAL enable_bitmapscan = off"))
    query = due_feeds.due_query(now=now, grace=settings.scan_grace, limit=700)
    compiled = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
    return list(session.scalars(text(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {compiled}")).all())


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000
