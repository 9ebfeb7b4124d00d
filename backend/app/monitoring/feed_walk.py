"""The walk down a feed: how far it has been read, and where to go on.

Page 1 shows the newest posts. Where all of it is newer than the last check, older new posts may follow, so
the walk goes on, page by page, down to its floor: the last check, or the start of the earliest campaign where the feed
has not been read that far back yet, and once in a while (`full_walk_interval`), because captions are edited on older
posts too. Each page is stored in one transaction together with the cursor of the next one,
so a walk that is cut short, by its bound, a failure or a crash, goes on in the next scan: nothing between is missed.
It goes on below the first page where that was just read: with one request in some minutes, a walk that always began at
the top would spend each of them on the first page, and never come to the second.
A page with an item that could not be read is kept, but not passed: the next scan reads it again, a few times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.instagram.errors import TransientFailure
from app.instagram.port import FeedPage, Post
from app.models import Influencer, InfluencerScanLog
from app.scheduling.due_feeds import DOUBTS

# Instagram tells times in whole seconds and by its own clock: a post from just after a check can look older than it.
_CLOCK_MARGIN = timedelta(minutes=5)
_TOP_IS_FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a feed, in the words of the API that told it."""

    provider: str
    cursor: str


def place_to_go_on(influencer: Influencer, *, now: datetime) -> Place | None:
    """Return where a walk that was cut short goes on, if its first page was read within the last hour."""
    checked_at, cursor, provider = influencer.last_post_checked_at, influencer.walk_cursor, influencer.read_by
    if cursor is None or provider is None or checked_at is None or now - checked_at >= _TOP_IS_FRESH:
        return None
    return Place(provider, cursor)


def advance_walk(
    influencer: Influencer,
    page: FeedPage,
    *,
    cursor: str | None,
    first_seen: Mapping[str, datetime],
    asked_at: datetime,
    earliest_start: datetime | None,
    full_walk_interval: timedelta,
) -> None:
    """Write down how far the feed has been read after `page`, and where to go on (`walk_cursor`; None: nowhere).

    `asked_at` is the moment before the page was asked for: what is published after it may not be on it. `first_seen`
    tells of each of the page's posts when it was seen first.
    """
    is_first_page = cursor is None
    meets_known = False
    if is_first_page:
        is_full = _wants_full_walk(influencer, asked_at, earliest_start, full_walk_interval)
        last_check = influencer.last_post_checked_at
        floor = (earliest_start if is_full else last_check) or asked_at
        if influencer.walk_cursor is None and influencer.walk_floor is not None:
            floor = min(floor, influencer.walk_floor)  # a walk lost its place, and begins again
        if last_check is not None and floor > last_check:
            influencer.feed_known_since = None  # nobody looked between the two
        if last_check is not None and floor == last_check:
            meets_known = all(first_seen[post.media_pk] <= last_check for post in _last_posts(page))
        influencer.fully_walked_at = asked_at if is_full else influencer.fully_walked_at
        influencer.last_post_checked_at = asked_at
        newest = max(_unpinned(page), key=lambda post: post.taken_at, default=None)
        influencer.last_known_post_pk = newest.media_pk if newest else influencer.last_known_post_pk
    else:
        floor = influencer.walk_floor or asked_at
    is_down = meets_known or all(post.taken_at <= floor - _CLOCK_MARGIN for post in _last_posts(page))
    if page.next_cursor is not None and not (is_down and _last_posts(page)):
        influencer.walk_cursor = page.next_cursor
        influencer.walk_floor = min(floor, influencer.walk_floor or floor)
        return
    if is_first_page and influencer.walk_cursor is not None:
        return  # an earlier walk waits, and reaches further back
    if page.posts or not is_first_page:
        influencer.feed_known_since = min(floor, influencer.feed_known_since or floor)
    influencer.walk_cursor = influencer.walk_floor = None


def _wants_full_walk(
    influencer: Influencer, asked_at: datetime, earliest_start: datetime | None, interval: timedelta
) -> bool:
    """Tell whether the feed must be read back to the earliest campaign, rather than to the last check."""
    if earliest_start is None:
        return False
    covered = [since for since in (influencer.feed_known_since, influencer.walk_floor) if since is not None]
    if not covered or min(covered) > earliest_start or influencer.last_post_checked_at is None:
        return True
    if influencer.walk_cursor is not None or influencer.fully_walked_at is None:
        return False  # the walk that is under way ends first
    return asked_at - influencer.fully_walked_at >= interval


def _unpinned(page: FeedPage) -> Sequence[Post]:
    return [post for post in page.posts if not post.is_pinned]


def _last_posts(page: FeedPage) -> Sequence[Post]:
    """Return the posts that tell how far down the page reaches: the last two, because one may be out of order."""
    return _unpinned(page)[-2:]


def doubt_empty_page(influencer: Influencer, page: FeedPage, *, cursor: str | None) -> None:
    """Doubt a page without posts where there were posts before; after some tries in a row it is believed.

    Raises:
        TransientFailure: the page is empty.
    """
    is_odd = not page.posts and not page.rejects and (cursor is not None or influencer.last_known_post_pk is not None)
    if is_odd and influencer.doubts < DOUBTS:
        raise TransientFailure("empty_page")


def is_used_to_rejects(session: Session, influencer_id: UUID) -> bool:
    """Tell whether the last scans met unreadable items as well: then reading again does not help, and is no use."""
    rejected = session.scalars(
        select(InfluencerScanLog.items_rejected)
        .where(InfluencerScanLog.influencer_id == influencer_id, InfluencerScanLog.pages_fetched > 0)
        .order_by(InfluencerScanLog.scanned_at.desc())
        .limit(DOUBTS)
    ).all()
    return len(rejected) == DOUBTS and all(rejected)
