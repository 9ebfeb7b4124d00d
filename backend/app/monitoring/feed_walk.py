"""The walk down a feed: how far it has been read, and where to go on.

Page 1 shows the newest posts. Where all of it is newer than the last check, older new posts may follow, so
the walk goes on, page by page, down to its floor: the last check, or the start of the earliest campaign where the feed
has not been read that far back yet. Each page is stored in one transaction together with the cursor of the next one,
so a walk that is cut short, by its bound, a failure or a crash, goes on in the next scan: nothing between is missed.
A page with an item that could not be read is kept, but not passed: the next scan reads it again, a few times.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.instagram.errors import TransientFailure
from app.instagram.port import FeedPage, Post
from app.models import Influencer, InfluencerScanLog

_EMPTY_PAGES_BELIEVED_AFTER = 3
_REJECTS_BELIEVED_AFTER = 3


def advance_walk(
    influencer: Influencer,
    page: FeedPage,
    *,
    cursor: str | None,
    asked_at: datetime,
    earliest_start: datetime | None,
) -> None:
    """Write down how far the feed has been read after `page`, and where to go on (`walk_cursor`; None: nowhere).

    `asked_at` is the moment before the page was asked for: what is published after it may not be on it.
    """
    is_first_page = cursor is None
    if is_first_page:
        floor = _floor(influencer, asked_at=asked_at, earliest_start=earliest_start)
        influencer.last_post_checked_at = asked_at
        newest = max(_unpinned(page), key=lambda post: post.taken_at, default=None)
        influencer.last_known_post_pk = newest.media_pk if newest else influencer.last_known_post_pk
    else:
        floor = influencer.walk_floor or asked_at
    if page.next_cursor is not None and not any(post.taken_at <= floor for post in _unpinned(page)):
        influencer.walk_cursor = page.next_cursor
        influencer.walk_floor = min(floor, influencer.walk_floor or floor)
        return
    if is_first_page and influencer.walk_cursor is not None:
        return  # an earlier walk waits, and reaches further back
    if page.posts or not is_first_page:
        influencer.feed_known_since = min(floor, influencer.feed_known_since or floor)
    influencer.walk_cursor = influencer.walk_floor = None


def _floor(influencer: Influencer, *, asked_at: datetime, earliest_start: datetime | None) -> datetime:
    """Return how far back a scan must see: to the last check if all before it is known, else to the first campaign."""
    covered = [since for since in (influencer.feed_known_since, influencer.walk_floor) if since is not None]
    is_covered = bool(covered) and (earliest_start is None or min(covered) <= earliest_start)
    if is_covered and influencer.last_post_checked_at is not None:
        return influencer.last_post_checked_at
    return earliest_start or asked_at


def _unpinned(page: FeedPage) -> Sequence[Post]:
    return [post for post in page.posts if not post.is_pinned]


def doubt_empty_page(influencer: Influencer, page: FeedPage, *, cursor: str | None) -> None:
    """Doubt a page without posts where there were posts before; after some tries in a row it is believed.

    Raises:
        TransientFailure: the page is empty.
    """
    is_odd = not page.posts and not page.rejects and (cursor is not None or influencer.last_known_post_pk is not None)
    if is_odd and influencer.scan_failures < _EMPTY_PAGES_BELIEVED_AFTER:
        raise TransientFailure("empty_page")


def is_used_to_rejects(session: Session, influencer_id: UUID) -> bool:
    """Tell whether the last scans met unreadable items as well: then reading again does not help, and is no use."""
    rejected = session.scalars(
        select(InfluencerScanLog.items_rejected)
        .where(InfluencerScanLog.influencer_id == influencer_id, InfluencerScanLog.pages_fetched > 0)
        .order_by(InfluencerScanLog.scanned_at.desc())
        .limit(_REJECTS_BELIEVED_AFTER)
    ).all()
    return len(rejected) == _REJECTS_BELIEVED_AFTER and all(rejected)
