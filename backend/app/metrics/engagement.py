"""Engagement: the figures that follow from counts. A figure whose input is unknown is unknown: None in, None out.

Plays and views are two series and never added or compared; "hidden" is no number. docs/reference/metrics.md holds the
definitions, which are `DEFINITIONS` here and stand beside each figure on the pages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from app.models.states import MetricsSource

MARK_TOLERANCE = 0.25
"""How far from an age a sample may be to stand for it, as a share of the age."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Counts:
    """What one sample says."""

    recorded_at: datetime
    likes: int | None
    comments: int | None
    plays: int | None
    views: int | None
    are_likes_hidden: bool
    source: MetricsSource | None = None
    """None where it is not asked for."""

    @property
    def engagement(self) -> int | None:
        """Return likes + comments; None where either is hidden or unknown."""
        return None if self.likes is None or self.comments is None else self.likes + self.comments


@dataclass(frozen=True, slots=True)
class Rate:
    """A campaign's rate as two numbers, and of how many posts; they differ where the posts do."""

    mean_of_posts: float | None
    sum_over_sum: float | None
    used: int
    left_out: int


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return part / whole; None where either is unknown or there is no whole."""
    return None if part is None or not whole else part / whole


def per_hour(samples: Sequence[Counts]) -> float | None:
    """Return how much engagement grows in an hour: between the last sample and the newest one at least 1 h older.

    None where the last one does not tell: a growth of long ago is none of now.
    """
    known = [(sample.recorded_at, sample.engagement) for sample in samples if sample.engagement is not None]
    if not known or samples[-1].engagement is None:
        return None
    last_at, last = known[-1]
    earlier = next(((at, value) for at, value in reversed(known) if last_at - at >= _HOUR), None)
    return None if earlier is None else (last - earlier[1]) / ((last_at - earlier[0]) / _HOUR)


def at_age(samples: Sequence[Counts], posted_at: datetime, age: timedelta) -> Counts | None:
    """Return the sample nearest to this age, or None where the nearest is a quarter of the age away or more."""
    near = min(samples, key=lambda sample: abs(sample.recorded_at - posted_at - age), default=None)
    is_near = near is not None and abs(near.recorded_at - posted_at - age) < age * MARK_TOLERANCE
    return near if is_near else None


def combined_rate(parts: Sequence[tuple[int | None, int | None]]) -> Rate:
    """Return a campaign's rate of (engagement, base) pairs; a post with either unknown is left out of both numbers."""
    used = [(part, base) for part, base in parts if part is not None and base]
    return Rate(
        mean_of_posts=fmean(part / base for part, base in used) if used else None,
        sum_over_sum=sum(part for part, _ in used) / sum(base for _, base in used) if used else None,
        used=len(used),
        left_out=len(parts) - len(used),
    )


DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "likes": (
        "마지막으로 확인된 좋아요 수. 작성자가 숨겼으면 ‘숨김’이며 0이 아닙니다.",
        "Likes in the last sample. Hidden by the author is a state, not 0.",
    ),
    "comments": ("마지막으로 확인된 댓글 수.", "Comments in the last sample."),
    "plays": (
        "Instagram이 알려 준 재생 수(구 지표). 조회수와 더하거나 비교하지 않습니다.",
        "Plays as Instagram reports them (the older metric). Never added to or compared with views.",
    ),
    "views": (
        "Instagram이 알려 준 조회수. 알려 주지 않으면 비어 있습니다.",
        "Views as Instagram reports them; empty where it does not.",
    ),
    "engagement": (
        "좋아요 + 댓글. 좋아요가 숨겨졌으면 비어 있습니다.",
        "Likes + comments; empty where likes are hidden.",
    ),
    "engagement_per_follower": (
        "참여 ÷ 게시 당시 팔로워 수. 게시일 전후 14일 안에 확인된 팔로워 수가 없으면 비어 있습니다.",
        "Engagement ÷ followers at posting time; empty without a follower count within 14 days of it.",
    ),
    "engagement_per_view": ("참여 ÷ 조회수.", "Engagement ÷ views."),
    "engagement_per_play": ("참여 ÷ 재생 수.", "Engagement ÷ plays."),
    "engagement_per_hour": (
        "시간당 참여 증가: 마지막 표본과 그보다 1시간 이상 앞선 가장 최근 표본의 차이.",
        "Growth of engagement in an hour, between the last sample and the newest one at least an hour older.",
    ),
    "at_1h": (
        "게시 1시간 뒤의 수치. 앞뒤 15분 안의 표본이 없으면 비어 있습니다.",
        "The counts 1 hour after posting; empty without a sample within 15 minutes of it.",
    ),
    "at_24h": (
        "게시 24시간 뒤의 수치. 앞뒤 6시간 안의 표본이 없으면 비어 있습니다.",
        "The counts 24 hours after posting; empty without a sample within 6 hours of it.",
    ),
    "at_7d": (
        "게시 7일 뒤의 수치. 앞뒤 42시간 안의 표본이 없으면 비어 있습니다.",
        "The counts 7 days after posting; empty without a sample within 42 hours of it.",
    ),
    "cost": (
        "합의 금액 ÷ 이 캠페인에 등록된 이 인플루언서의 게시물 수(원). 금액을 모르거나 0이면 비어 있습니다.",
        "Agreed amount ÷ the influencer's contents registered for the campaign, in won; empty where unknown or 0.",
    ),
    "cost_per_engagement": ("비용 ÷ 참여.", "Cost ÷ engagement."),
    "cost_per_view": ("비용 ÷ 조회수.", "Cost ÷ views."),
    "cost_per_play": ("비용 ÷ 재생 수.", "Cost ÷ plays."),
    "usual_engagement": (
        "이 인플루언서의 등록되지 않은 게시물(게시 후 3일 이상, 최근 90일, 3개 이상)의 참여 중앙값.",
        "Median engagement of the influencer's posts of 90 days, unregistered and 3 days old or more, if there are 3.",
    ),
    "times_usual": (
        "참여 ÷ 평소 참여. 게시 후 3일이 지나야 계산합니다.",
        "Engagement ÷ usual engagement, once the post is 3 days old.",
    ),
    "campaign_rate": (
        "캠페인 참여율은 두 가지입니다: 게시물별 비율의 평균, 합계 ÷ 합계. 계산에 쓴 게시물 수를 함께 표시합니다.",
        "A campaign's rate is two numbers: the mean of the posts' rates, and sum ÷ sum, with how many posts were used.",
    ),
}
"""Figure: what it is, in Korean and in English."""
