"""The figures of one content and of one campaign, read from the samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.metrics import engagement, series
from app.metrics.anomalies import Question, questions_about
from app.metrics.engagement import Counts, Rate, at_age, per_hour, ratio
from app.metrics.followers import followers_at_posting
from app.models import Campaign, CampaignContent, CampaignInfluencer, InfluencerPost
from app.models.states import ContentStatus

_GROWN_UP = timedelta(days=3)
_USUAL_SPAN = timedelta(days=90)
_FEWEST_USUAL = 3
_MARKS = {"at_1h": timedelta(hours=1), "at_24h": timedelta(days=1), "at_7d": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class ContentReport:
    """Every figure of a content; None is unknown, never 0. `engagement.DEFINITIONS` says what each is."""

    content_id: UUID
    last: Counts | None
    followers: int | None
    cost: float | None
    engagement_per_hour: float | None
    marks: Mapping[str, Counts | None]
    usual_engagement: float | None
    usual_posts: int
    times_usual: float | None
    questions: Sequence[Question]

    def as_document(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        last = self.last
        shown = last.engagement if last is not None else None
        views, plays = (last.views, last.plays) if last is not None else (None, None)
        return {
            "content_id": str(self.content_id),
            **_counts(last),
            "engagement": shown,
            "followers_at_posting": self.followers,
            "engagement_per_follower": ratio(shown, self.followers),
            "engagement_per_view": ratio(shown, views),
            "engagement_per_play": ratio(shown, plays),
            "engagement_per_hour": self.engagement_per_hour,
            **{name: None if counts is None else _counts(counts) for name, counts in self.marks.items()},
            "cost": self.cost,
            "cost_per_engagement": ratio(self.cost, shown),
            "cost_per_view": ratio(self.cost, views),
            "cost_per_play": ratio(self.cost, plays),
            "usual_engagement": self.usual_engagement,
            "usual_posts": self.usual_posts,
            "times_usual": self.times_usual,
            "questions": [{"anomaly": question.anomaly.value, **question.facts} for question in self.questions],
        }


@dataclass(frozen=True, slots=True)
class CampaignTotals:
    """Sums over a campaign's contents, each with how many contents it is made of, and its rates."""

    contents: int
    sums: Mapping[str, int | None]
    counted: Mapping[str, int]
    """Of how many contents each sum is made; the others hide it or do not report it."""
    per_follower: Rate
    per_view: Rate
    per_play: Rate
    cost: float | None
    cost_per_engagement: float | None


def report_content(session: Session, content_id: UUID, *, now: datetime) -> ContentReport:
    """Return the figures of a content as of its last sample.

    Raises:
        NotFound: there is no such content.
    """
    content = session.get(CampaignContent, content_id)
    if content is None:
        raise NotFound(f"there is no content {content_id}")
    samples = series.samples_of(session, content_id)
    last = samples[-1] if samples else None
    alike = series.of_last_api(samples)
    usual = _usual_engagements(session, content, now=now)
    usual_engagement = median(usual) if len(usual) >= _FEWEST_USUAL else None
    is_grown_up = last is not None and last.recorded_at - content.posted_at >= _GROWN_UP
    times_usual = ratio(last.engagement, usual_engagement) if last is not None and is_grown_up else None
    return ContentReport(
        content_id=content_id,
        last=last,
        followers=followers_at_posting(session, CampaignContent.id == content_id).get(content_id),
        cost=_costs(session, content.campaign_id).get(content.influencer_id),
        engagement_per_hour=per_hour(alike),
        marks={
            name: at_age(samples, content.posted_at, age) if now >= content.posted_at + age else None
            for name, age in _MARKS.items()
        },
        usual_engagement=usual_engagement,
        usual_posts=len(usual),
        times_usual=times_usual,
        questions=questions_about(alike, posted_at=content.posted_at, times_usual=times_usual),
    )


def total_campaign(session: Session, campaign_id: UUID) -> CampaignTotals:
    """Return a campaign's totals, as of the last sample of each content; removed contents keep their last counts.

    Raises:
        NotFound: there is no such campaign.
    """
    if session.get(Campaign, campaign_id) is None:
        raise NotFound(f"there is no campaign {campaign_id}")
    latest = series.latest_of_campaign(session, campaign_id)
    counts = [row.counts for row in latest]
    values = {
        "likes": [count.likes for count in counts],
        "comments": [count.comments for count in counts],
        "plays": [count.plays for count in counts],
        "views": [count.views for count in counts],
        "engagement": [count.engagement for count in counts],
    }
    known = {name: [value for value in column if value is not None] for name, column in values.items()}
    known_followers = followers_at_posting(session, CampaignContent.campaign_id == campaign_id)
    followers = [known_followers.get(row.content_id) for row in latest]
    engagements = values["engagement"]
    costs = _costs(session, campaign_id)
    paid = [
        (cost, shown) for row, shown in zip(latest, engagements, strict=True) if (cost := costs.get(row.influencer_id))
    ]
    has_all = bool(paid) and all(shown is not None for _, shown in paid)
    return CampaignTotals(
        contents=len(latest),
        sums={name: sum(column) if column else None for name, column in known.items()},
        counted={name: len(column) for name, column in known.items()},
        per_follower=engagement.combined_rate(list(zip(engagements, followers, strict=True))),
        per_view=engagement.combined_rate([(count.engagement, count.views) for count in counts]),
        per_play=engagement.combined_rate([(count.engagement, count.plays) for count in counts]),
        cost=sum(cost for cost, _ in paid) if paid else None,
        cost_per_engagement=ratio(sum(cost for cost, _ in paid), sum(s or 0 for _, s in paid)) if has_all else None,
    )


def _usual_engagements(session: Session, content: CampaignContent, *, now: datetime) -> Sequence[int]:
    """Return likes + comments of the influencer's other posts that were seen when they had stopped growing."""
    is_content = select(CampaignContent.id).where(CampaignContent.post_id == InfluencerPost.id).exists()
    engagements = session.scalars(
        select(InfluencerPost.like_count + InfluencerPost.comment_count).where(
            InfluencerPost.influencer_id == content.influencer_id,
            InfluencerPost.like_count.is_not(None),
            InfluencerPost.comment_count.is_not(None),
            InfluencerPost.taken_at > now - _USUAL_SPAN,
            InfluencerPost.last_seen_at - InfluencerPost.taken_at >= _GROWN_UP,
            ~is_content,
        )
    ).all()
    return [shown for shown in engagements if shown is not None]


def _costs(session: Session, campaign_id: UUID) -> Mapping[UUID, float]:
    """Return what one content of each influencer costs in the campaign: the agreed amount over their contents."""
    rows = session.execute(
        select(CampaignInfluencer.influencer_id, CampaignInfluencer.agreed_amount, func.count(CampaignContent.id))
        .join(
            CampaignContent,
            (CampaignContent.campaign_id == CampaignInfluencer.campaign_id)
            & (CampaignContent.influencer_id == CampaignInfluencer.influencer_id),
        )
        .where(
            CampaignInfluencer.campaign_id == campaign_id,
            CampaignInfluencer.agreed_amount > 0,
            CampaignContent.status != ContentStatus.REJECTED,
        )
        .group_by(CampaignInfluencer.influencer_id, CampaignInfluencer.agreed_amount)
    ).all()
    return {influencer_id: float(amount) / number for influencer_id, amount, number in rows if amount is not None}


def _counts(counts: Counts | None) -> dict[str, Any]:
    if counts is None:
        return dict.fromkeys(("likes", "comments", "plays", "views", "are_likes_hidden", "measured_at", "source"))
    return {
        "likes": counts.likes,
        "comments": counts.comments,
        "plays": counts.plays,
        "views": counts.views,
        "are_likes_hidden": counts.are_likes_hidden,
        "measured_at": counts.recorded_at.isoformat(),
        "source": counts.source,
    }
