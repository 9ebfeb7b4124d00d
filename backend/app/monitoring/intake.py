"""Intake: everything that an answer with posts told is kept, in the transaction of the caller."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns.participations import WatchedCampaign
from app.content import registration, seen_posts
from app.core.config import Settings
from app.instagram.port import FeedPage
from app.models import Influencer, InfluencerPost
from app.models.states import MetricsSource
from app.monitoring import sightings
from app.monitoring.judging import judge_posts
from app.monitoring.requests import Answer
from app.monitoring.scan_report import ScanReport
from app.monitoring.upkeep import look_after_contents

_LONGEST_REJECT = 100_000


def store_page(
    session: Session,
    report: ScanReport,
    influencer: Influencer,
    campaigns: Sequence[WatchedCampaign],
    answer: Answer[FeedPage],
    *,
    source: MetricsSource,
    settings: Settings,
    cursor: str | None = None,
) -> Mapping[str, datetime]:
    """Keep all that a page told: posts, captions, verdicts, contents, their retention, samples, and what exists.

    Add it to the report, and return when each post was seen first. An answer about one post is a page of one.
    """
    now, page = answer.answered_at, answer.value
    stored = seen_posts.store_posts(session, influencer.id, page.posts, now=now)
    for post_id in sorted(stored.edited_post_ids):
        registration.log_caption_edit(session, session.get_one(InfluencerPost, post_id), now=now)
    report.verdicts += judge_posts(
        session,
        influencer,
        campaigns,
        on_page=stored.post_ids,
        edited=stored.edited_post_ids | stored.clarified_post_ids,
        now=now,
    )
    look_after_contents(
        session, seen=stored.post_ids, registered=report.registered_content_ids, now=now, settings=settings
    )
    sightings.note_posts(session, influencer, answer, source=source, cursor=cursor, settings=settings)
    report.media_pks += [post.media_pk for post in page.posts]
    report.new_posts += len(stored.new_post_ids)
    report.edited_posts += len(stored.edited_post_ids)
    report.rejects += [{"reason": reject.reason, "item": _replayable(reject.raw)} for reject in page.rejects]
    return stored.first_seen


def _replayable(item: object) -> str:
    return json.dumps(item, ensure_ascii=True, default=str)[:_LONGEST_REJECT]
