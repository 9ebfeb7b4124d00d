"""Sampling: when a content's counts are worth another look, and the sample that every look gives."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.instagram.port import Post
from app.models import CampaignContent, ContentMetrics
from app.models.states import MetricsSource

MARKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
"""Ages at which a sample is wanted whatever the curve does."""
_SPREAD_HOURS = 1.12
"""3 · H^(1/3) / n for a horizon H of 720 h and n = 24 samples: the memoryless form of t_k = H · (k/n)^3."""
_SHORTEST = timedelta(minutes=10)
_HOUR = timedelta(hours=1)


def record_sample(
    session: Session, content: CampaignContent, post: Post, *, source: MetricsSource, now: datetime
) -> None:
    """Record what an answer says about a registered content."""
    session.add(
        ContentMetrics(
            content_id=content.id,
            like_count=post.like_count,
            comment_count=post.comment_count,
            play_count=post.play_count,
            view_count=post.view_count,
            share_count=post.share_count,
            is_like_hidden=post.is_like_hidden,
            source=source,
            recorded_at=now,
        )
    )


def next_sample_at(posted_at: datetime, *, marks: Iterable[datetime], now: datetime, stretch: float = 1.0) -> datetime:
    """Return when the next sample is due after one at `now`: after c · age^(2/3), and at each of `marks` still ahead.

    `stretch` lengthens the gap, but moves no mark: requests may be dear (`app.scheduling.looks`).
    24 samples in 30 days so placed rebuild a like curve about as well as 720 hourly ones (simulated on curves shaped
    like 39 measured ones: time-mean error 0.09 % against 0.03 % of the final count).
    """
    age_hours = max((now - posted_at) / _HOUR, 0.0)
    regular: datetime = now + max(_SHORTEST, stretch * _SPREAD_HOURS * age_hours ** (2 / 3) * _HOUR)
    ahead = [mark for mark in (*(posted_at + age for age in MARKS), *marks) if mark > now]
    return min([regular, *ahead])
