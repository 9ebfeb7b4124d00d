"""The next scan of a feed: learn from the page that was read, and set when and why to read it again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import inf

from sqlalchemy.orm import Session

from app.core.config import Settings
from app.instagram.port import Post
from app.models import Influencer
from app.scheduling import due_feeds, market, rhythm, worth
from app.scheduling.adaptive import Adaptive
from app.scheduling.policy import Due, Policy, Target
from app.scheduling.rhythm_store import stored_form, stored_rhythm

_SOON = timedelta(minutes=1)


def learn_page(
    influencer: Influencer,
    posts: Sequence[Post],
    *,
    known_until: datetime | None,
    is_first_page: bool,
    now: datetime,
    settings: Settings,
) -> None:
    """Note in the influencer's rhythm which posts of a page came since `known_until`; None: nothing was known.

    A first walk teaches by its first page only: how far the others reach says nothing about how often somebody posts.
    """
    week = market.week_of(settings.time_zone, settings.holiday_country)
    shown = [post for post in posts if post.taken_at <= now]
    stored = stored_rhythm(influencer.posting_rhythm)
    if stored is not None and known_until is not None:
        unknown = [post.taken_at for post in shown if post.taken_at > known_until]
        influencer.posting_rhythm = stored_form(rhythm.learned(stored, unknown, week, now=now))
    elif is_first_page:
        # Pinned posts are old ones: they would make the time that the page covers look longer than it is.
        unpinned = [post.taken_at for post in shown if not post.is_pinned]
        influencer.posting_rhythm = stored_form(rhythm.first_rhythm(unpinned, week, now=now))


def known_until(influencer: Influencer) -> datetime | None:
    """Return up to when the influencer's posts are in the rhythm; None where there is none yet."""
    stored = stored_rhythm(influencer.posting_rhythm)
    return stored.learned_until if stored is not None else None


def plan_next_scan(session: Session, influencer: Influencer, *, now: datetime, settings: Settings) -> datetime:
    """Return when to scan again after a scan that ended at `now`, and write on the row why.

    The gap counts from when the first page was read: a long walk ends later.
    """
    policy = market.policy_now(session, now=now, settings=settings)
    influencer.scan_price = policy.level if isinstance(policy, Adaptive) else None
    since = influencer.last_post_checked_at or now
    due = _due(session, influencer, policy, since=since, now=now, settings=settings)
    influencer.scan_reason = due.reason
    return due.at


def put_off_stale(session: Session, influencer: Influencer, *, now: datetime, settings: Settings) -> bool:
    """Put off a claimed feed that was planned at a lower price and is not yet worth today's; tell whether it was.

    So a budget that shrinks at noon lengthens every gap alike, instead of serving the old plan late.
    """
    policy = market.policy_now(session, now=now, settings=settings)
    if not isinstance(policy, Adaptive) or not policy.is_out_of_date(influencer.scan_price or inf):
        return False
    since = influencer.last_post_checked_at or now
    due = _due(session, influencer, policy, since=since, now=now, settings=settings)
    influencer.scan_price = policy.level
    if due.at <= now + _SOON:
        return False
    due_feeds.put_off(influencer, until=due.at)
    influencer.scan_reason = due.reason
    return True


def _due(
    session: Session,
    influencer: Influencer,
    policy: Policy,
    *,
    since: datetime,
    now: datetime,
    settings: Settings,
) -> Due:
    found = worth.worth_of(session, influencer.id, now=now, settings=settings)
    influencer.scan_priority = found.priority
    target = Target(
        priority=found.priority,
        rhythm=stored_rhythm(influencer.posting_rhythm) or rhythm.new_rhythm(since),
        weight=found.weight,
        promise=found.promise,
        proofs=found.proofs,
        wanted_at=found.wanted_at,
    )
    return policy.next_due(target, now=since)
