"""`tagbuy bench volume`: what the pages and the sweeps ask for, at the size of years.

The samples are written in the order of time, as they are in life: the samples of one content lie far apart.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from app.content import due_contents, vanishing
from app.core.config import get_settings
from app.core.db import database_now, engine, transaction
from app.metrics import engagement_report, series

_CONTENTS_PER_CAMPAIGN = 1000
_CONTENTS_PER_INFLUENCER = 100
_RUNS = 15

_PEOPLE = """
    INSERT INTO users (id, email, role) VALUES (gen_random_uuid(), 'volume@example.com', 'advertiser');
    INSERT INTO campaigns (id, advertiser_id, title, status, required_hashtags, required_mentions, content_type,
                           start_date, end_date)
      SELECT gen_random_uuid(), users.id, 'campaign ' || n, 'active', '[]', '[]', 'any',
             current_date - 30, current_date + 30
      FROM users, generate_series(1, :campaigns) n;
    INSERT INTO influencers (id, platform, username, platform_uid, scan_priority, last_post_checked_at, next_scan_at)
      SELECT gen_random_uuid(), 'instagram', 'i' || n, n, 'medium', now(), now() + interval '1 hour'
      FROM generate_series(1, :influencers) n;
    INSERT INTO influencer_profiles (id, influencer_id, username, follower_count, is_private, is_gone, recorded_at)
      SELECT gen_random_uuid(), id, username, 10000, false, false, now() - day * interval '1 day'
      FROM influencers, generate_series(0, 29) day;
    CREATE TEMP TABLE c AS SELECT id, row_number() OVER () - 1 AS n FROM campaigns;
    CREATE TEMP TABLE i AS SELECT id, row_number() OVER () - 1 AS n FROM influencers;
    CREATE INDEX ON c (n);
    CREATE INDEX ON i (n);
    INSERT INTO influencer_posts (id, influencer_id, media_pk, code, media_type, product_type, caption, caption_hash,
                                  usertags, coauthors, sponsor_tags, is_pinned, taken_at, first_seen_at, last_seen_at,
                                  like_count, comment_count, raw)
      SELECT gen_random_uuid(), i.id, p, 'c' || p, 1, 'feed', '', '', '[]', '[]', '[]', false,
             at, at, now(), 1000, 20, '{}'
      FROM generate_series(0, :contents - 1) p JOIN i ON i.n = p % :influencers,
           LATERAL (SELECT now() - (p::float / :contents) * interval '29 days' AS at) moment;
    INSERT INTO campaign_contents (id, campaign_id, influencer_id, post_id, instagram_media_pk, post_url, post_type,
                                   status, existence, posted_at, submitted_at, retention_until, next_metrics_at,
                                   next_check_at, last_seen_at, last_on_page_at)
      SELECT gen_random_uuid(), c.id, post.influencer_id, post.id, media_pk, '', 'photo', 'pending', 'present',
             taken_at, taken_at, taken_at + interval '180 days', now() + (random() - 0.02) * interval '1 day',
             now() + (random() - 0.02) * interval '6 hours', now(), now()
      FROM influencer_posts post JOIN c ON c.n = media_pk::bigint % :campaigns;
    ANALYZE;
"""
_SAMPLES = """
    INSERT INTO content_metrics (id, content_id, like_count, comment_count, play_count, is_like_hidden, source,
                                 recorded_at)
      SELECT gen_random_uuid(), id, (1000 * (1 - exp(-:turn / 8.0)))::bigint, 20, NULL, false, 'feed',
             posted_at + (now() - posted_at) * (:turn / :turns)
      FROM campaign_contents
"""


@dataclass(frozen=True, slots=True)
class Query:
    """One measured question."""

    milliseconds: float
    plan: str


def measure_volume(*, contents: int, samples: int) -> dict[str, Any]:
    """Fill the database of the settings, which must be its own, and measure each question: median of 15 runs."""
    filling_seconds = _fill(contents=contents, samples=samples)
    with transaction() as session:
        sizes = session.execute(
            text(
                "SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) FROM pg_class"
                " WHERE relname IN ('content_metrics', 'campaign_contents')"
            )
        ).all()
        counts = session.execute(
            text("SELECT (SELECT count(*) FROM campaign_contents), (SELECT count(*) FROM content_metrics)")
        ).one()
    return {
        "contents": counts[0],
        "samples": counts[1],
        "filling_seconds": round(filling_seconds),
        "sizes": {row[0]: row[1] for row in sizes},
        "median_milliseconds": {
            name: {"milliseconds": query.milliseconds, "plan": query.plan.split("\n")}
            for name, query in _questions().items()
        },
    }


def _fill(*, contents: int, samples: int) -> float:
    began = time.perf_counter()
    sizes = {
        "contents": contents,
        "campaigns": max(1, contents // _CONTENTS_PER_CAMPAIGN),
        "influencers": max(1, contents // _CONTENTS_PER_INFLUENCER),
    }
    turns = max(1, samples // contents)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in _PEOPLE.split(";\n"):
            if statement.strip():
                connection.execute(text(statement), sizes)
        with _without_indexes(connection):
            for turn in range(1, turns + 1):
                connection.execute(text(_SAMPLES), {"turn": float(turn), "turns": float(turns)})
        connection.execute(text("VACUUM ANALYZE content_metrics"))
    return time.perf_counter() - began


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Take the indexes and the key of `content_metrics` away while it is filled, and build them anew."""
    indexes = connection.execute(
        text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'content_metrics' AND indexname LIKE 'ix_%'")
    ).all()
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    connection.execute(text("ALTER TABLE content_metrics DROP CONSTRAINT pk_content_metrics"))
    connection.execute(text("ALTER TABLE content_metrics DROP CONSTRAINT fk_content_metrics_content_id"))
    yield
    connection.execute(text("SET maintenance_work_mem = '1GB'"))
    for _, definition in indexes:
        connection.execute(text(definition))
    connection.execute(text("ALTER TABLE content_metrics ADD CONSTRAINT pk_content_metrics PRIMARY KEY (id)"))
    connection.execute(
        text(
            "ALTER TABLE content_metrics ADD CONSTRAINT fk_content_metrics_content_id"
            " FOREIGN KEY (content_id) REFERENCES campaign_contents (id)"
        )
    )


def _questions() -> Mapping[str, Query]:
    settings, now = get_settings(), database_now()
    with transaction() as session:
        content_ids = session.scalars(text("SELECT id FROM campaign_contents TABLESAMPLE SYSTEM (1) LIMIT 40")).all()
        campaign_ids = session.scalars(text("SELECT id FROM campaigns LIMIT 40")).all()
    lease = settings.lookup_lease
    return {
        "curve of one content": _measure(
            lambda session, turn: series.samples_of(session, content_ids[turn % len(content_ids)])
        ),
        "figures of one content": _measure(
            lambda session, turn: engagement_report.report_content(
                session, content_ids[turn % len(content_ids)], now=now
            )
        ),
        "latest counts of a campaign of 1,000 contents": _measure(
            lambda session, turn: series.latest_of_campaign(session, campaign_ids[turn % len(campaign_ids)])
        ),
        "totals of a campaign of 1,000 contents": _measure(
            lambda session, turn: engagement_report.total_campaign(session, campaign_ids[turn % len(campaign_ids)])
        ),
        "claim 100 due checks": _measure(
            lambda session, _: due_contents.claim_due_checks(
                session, now=now, limit=100, lease=lease, page_within=settings.existence_tick, grace=settings.scan_grace
            )
        ),
        "claim 100 due samples": _measure(
            lambda session, _: due_contents.claim_due_samples(
                session, now=now, limit=100, lease=lease, page_within=settings.metrics_tick, grace=settings.scan_grace
            )
        ),
        "brake on mass vanishing": _measure(lambda session, _: vanishing.is_too_much_missing(session, now=now)),
    }


def _measure(ask: Callable[[Session, int], object]) -> Query:
    """Ask 15 times for 15 different things, and return the median with the plan of the longest statement."""
    seconds, plan = [], ""
    for turn in range(_RUNS):
        with transaction() as session:
            statements: list[tuple[str, Any]] = []

            def note(*arguments: Any, found: list[tuple[str, Any]] = statements) -> None:
                found.append((arguments[2], arguments[3]))

            event.listen(engine(), "before_cursor_execute", note)
            began = time.perf_counter()
            ask(session, turn)
            seconds.append(time.perf_counter() - began)
            event.remove(engine(), "before_cursor_execute", note)
            if turn == 0:
                plan = _plan(session, statements)
    return Query(round(1000 * median(seconds), 1), plan)


def _plan(session: Session, statements: list[tuple[str, Any]]) -> str:
    selects = [(sql, values) for sql, values in statements if sql.lstrip().startswith("SELECT")]
    sql, values = max(selects, key=lambda statement: len(statement[0]))
    lines = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}", values).scalars()
    return "\n".join(str(line) for line in lines)
