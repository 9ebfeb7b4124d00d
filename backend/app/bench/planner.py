"""`tagbuy bench planner`: what a planner's tick and a row's update cost with many influencers, on a real PostgreSQL.

Every influencer takes part in a running campaign, has a rhythm, and is due once a day; the pool has one account for
1,000 influencers, which is what can read them so often. What a tick has claimed is scanned before the next. Times are
medians of several ticks; `counting_permits` is the part of a tick in which the pool says what it may send.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.bench.pool_servers import fill_pool, own_servers
from app.core.config import Settings, get_settings
from app.core.db import engine, server_now, transaction
from app.models import Influencer, ScanMarket
from app.monitoring import next_scan, plan
from app.scheduling import accounts, due_feeds, market, pool_forecast
from app.scheduling.allowance import Limits
from app.scheduling.rhythm import new_rhythm
from app.scheduling.rhythm_store import stored_form

_TICKS = 5
_INFLUENCERS_A_CAMPAIGN = 1000
_INFLUENCERS_AN_ACCOUNT = 1000
_SPREAD = timedelta(days=1)


def measure_planner(sizes: Sequence[int], *, say: Callable[[str], None]) -> Mapping[str, object]:
    """Return milliseconds for each number of influencers, and the plan of the claiming query at the largest."""
    figures: dict[str, object] = {}
    query_plan: list[str] = []
    for size in sizes:
        say(f"{size:,} influencers …")
        with own_servers():
            settings = get_settings()
            _fill(size)
            fill_pool(max(1, size // _INFLUENCERS_AN_ACCOUNT))
            figures[str(size)], query_plan = _measure(settings)
    return {"milliseconds": figures, "claim_query_plan": query_plan}


def _measure(settings: Settings) -> tuple[dict[str, object], list[str]]:
    with transaction() as session:
        now = server_now(session)
        first = _timed(lambda: market.policy_now(session, now=now, settings=settings))
    ticks, claimed, counting = [], [], []
    for tick in range(_TICKS):
        begun = time.perf_counter()
        with transaction() as session:
            feeds = plan.claim_feeds(session, now=now + timedelta(minutes=tick), settings=settings)
        ticks.append((time.perf_counter() - begun) * 1000)
        claimed.append(len(feeds))
        with transaction() as session:
            counting.append(_timed(partial(_count_permits, session, settings)))
            session.execute(
                update(Influencer)
                .where(Influencer.id.in_([feed.influencer_id for feed in feeds]))
                .values(next_scan_at=Influencer.next_scan_at + _SPREAD, scan_lease_until=None)
            )
    with transaction() as session:
        survey = _timed(lambda: market.tune_market(session, now=now + timedelta(hours=2), settings=settings))
        targets = session.scalars(select(ScanMarket.targets)).one()
    with transaction() as session:
        rows = session.scalars(select(Influencer).limit(50)).all()
        updates = [_timed(partial(_update, session, row, now=now, settings=settings)) for row in rows]
    with transaction() as session:
        plan_lines = _explain(session, now=now, settings=settings)
    return {
        "tick": round(median(ticks), 1),
        "slowest_tick": round(max(ticks), 1),
        "counting_permits": round(median(counting), 1),
        "claimed_in_a_tick": round(median(claimed)),
        "update_of_one": round(median(updates), 2),
        "first_survey": round(first, 1),
        "hourly_survey": round(survey, 1),
        "targets_by_survey": targets,
    }, plan_lines


def _count_permits(session: Session, settings: Settings) -> None:
    pool_forecast.count_free_permits(
        session,
        provider=accounts.PROVIDER,
        limits=Limits.from_settings(settings, accounts.PROVIDER),
        within=settings.scan_tick,
    )


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


def _explain(session: Session, *, now: datetime, settings: Settings) -> list[str]:
    query = due_feeds.due_query(now=now + timedelta(minutes=_TICKS), grace=settings.scan_grace, limit=3000)
    compiled = query.compile(session.connection(), compile_kwargs={"literal_binds": True})
    return list(session.scalars(text(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {compiled}")).all())


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000
