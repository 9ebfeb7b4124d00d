"""Posts that were seen: every item of every page is kept, matched or not, and its caption followed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.instagram.port import Post, TaggedUser
from app.models import CaptionRevision, InfluencerPost, new_id


@dataclass(frozen=True, slots=True)
class StoredPage:
    """Which posts of a page were new, and which had another caption than before."""

    post_ids: Sequence[UUID]
    first_seen: Mapping[str, datetime]
    """When each post of the page was seen first, by its pk."""
    new_post_ids: frozenset[UUID]
    edited_post_ids: frozenset[UUID]
    clarified_post_ids: frozenset[UUID]
    """Not edited, but known with their mentions only now."""


def store_posts(session: Session, influencer_id: UUID, posts: Sequence[Post], *, now: datetime) -> StoredPage:
    """Keep the posts of a page. Doing it twice changes nothing but `last_seen_at`.

    A caption that differs from the stored one is written over it and noted as a revision. One that differs only by
    the `@` which a source left out is no edit: the caption with its mentions is kept, whichever came first. A post that
    a later answer has shown already stays as that one showed it.
    """
    by_pk = {post.media_pk: post for post in posts}
    inserted = _insert_unseen(session, influencer_id, sorted(by_pk.values(), key=lambda post: post.media_pk), now=now)
    rows = session.scalars(
        select(InfluencerPost)
        .where(InfluencerPost.influencer_id == influencer_id, InfluencerPost.media_pk.in_(by_pk))
        .order_by(InfluencerPost.media_pk)
        .with_for_update()
    ).all()
    edited, clarified = set(), set()
    for row in rows:
        if row.last_seen_at > now:
            continue  # a later answer was stored first
        post = by_pk[row.media_pk]
        if _is_edited(row, post):
            session.add(
                CaptionRevision(post_id=row.id, caption_before=row.caption, caption_after=post.caption, seen_at=now)
            )
            _take_caption(row, post)
            edited.add(row.id)
        elif post.are_mentions_known and not row.are_mentions_known:
            _take_caption(row, post)
            row.usertags, row.coauthors = _tagged(post.usertags), _tagged(post.coauthors)
            row.sponsor_tags = _tagged(post.sponsor_tags)
            clarified.add(row.id)
        if post.is_pinned is not None:  # The official API tells neither of the two.
            row.is_pinned, row.is_paid_partnership = post.is_pinned, post.is_paid_partnership
        row.like_count, row.comment_count = post.like_count, post.comment_count
        row.play_count, row.view_count = post.play_count, post.view_count
        row.is_like_hidden = post.is_like_hidden
        row.last_seen_at = now
    session.flush()
    first_seen = {row.media_pk: row.first_seen_at for row in rows}
    return StoredPage(
        [row.id for row in rows], first_seen, frozenset(inserted), frozenset(edited), frozenset(clarified)
    )


def caption_hash(caption: str) -> str:
    """Return the SHA-256 of a caption, in hexadecimal."""
    return hashlib.sha256(caption.encode()).hexdigest()


def _is_edited(row: InfluencerPost, post: Post) -> bool:
    if row.are_mentions_known == post.are_mentions_known:
        return row.caption_hash != caption_hash(post.caption)
    return _without_signs(row.caption) != _without_signs(post.caption)


def _without_signs(caption: str) -> str:
    return caption.replace("@", "").replace("＠", "")


def _take_caption(row: InfluencerPost, post: Post) -> None:
    row.caption = post.caption
    row.caption_hash = caption_hash(post.caption)
    row.are_mentions_known = post.are_mentions_known


def _insert_unseen(session: Session, influencer_id: UUID, posts: Sequence[Post], *, now: datetime) -> Sequence[UUID]:
    if not posts:
        return []
    return session.scalars(
        insert(InfluencerPost)
        .values([_row(influencer_id, post, now=now) for post in posts])
        .on_conflict_do_nothing(index_elements=["influencer_id", "media_pk"])
        .returning(InfluencerPost.id)
    ).all()


def _row(influencer_id: UUID, post: Post, *, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "influencer_id": influencer_id,
        "media_pk": post.media_pk,
        "code": post.code,
        "media_type": post.media_type,
        "product_type": post.product_type,
        "caption": post.caption,
        "caption_hash": caption_hash(post.caption),
        "are_mentions_known": post.are_mentions_known,
        "usertags": _tagged(post.usertags),
        "coauthors": _tagged(post.coauthors),
        "sponsor_tags": _tagged(post.sponsor_tags),
        "is_paid_partnership": post.is_paid_partnership,
        "is_pinned": post.is_pinned is True,
        "taken_at": post.taken_at,
        "first_seen_at": now,
        "last_seen_at": now,
        "raw": dict(post.raw),
    }


def _tagged(users: Sequence[TaggedUser]) -> list[dict[str, str]]:
    return [{"pk": user.pk, "username": user.username} for user in users]
