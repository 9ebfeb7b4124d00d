"""The ground truth: what was posted when, what it satisfies, and since when. Told by construction, not by reading."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from app.sandbox.posts import Absence, Post
from app.sandbox.world import World


def all_posts(world: World) -> list[dict[str, Any]]:
    """Return every post of an influencer, oldest first."""
    return [post_record(world, post) for post in world.posts.values()]


def post_record(world: World, post: Post) -> dict[str, Any]:
    """Return everything there is to know about a post, as JSON values."""
    matches = [campaign for campaign in world.cast.campaigns if post.meets(campaign)]
    since = [next(revision.at for revision in post.revisions if post.meets(campaign, revision)) for campaign in matches]
    return {
        "media_pk": str(post.media_pk),
        "graph_id": post.graph_id,
        "code": post.code,
        "username": post.influencer.username,
        "user_pk": str(post.influencer.person.pk),
        "owner": post.owner.username,
        "media_type": post.kind.media_type,
        "product_type": post.kind.product_type,
        "published_at": iso(post.published_at),
        "taken_at": int(post.published_at),
        "is_visible": world.is_visible(post),
        "is_pinned": post.is_pinned,
        "is_on_grid": post.is_on_grid,
        "is_like_hidden": post.growth.hidden_like_count is not None,
        "caption": post.caption,
        "edits": [{"at": iso(revision.at), "caption": revision.caption} for revision in post.revisions[1:]],
        "removed_at": _since(post.absences, "removed"),
        "archived_at": _since(post.absences, "archived"),
        "hidden": [_span(absence) for absence in (*post.absences, *world.privacy_of(post.influencer.person))],
        "intention": str(post.intention),
        "matches": [campaign.title for campaign in matches],
        "matched_since": iso(min(since)) if since else None,
    }


def iso(instant: float) -> str:
    """Return seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(instant, UTC).isoformat()


def _since(absences: Iterable[Absence], reason: str) -> str | None:
    return next(
        (iso(absence.since) for absence in absences if absence.reason == reason and absence.until is None), None
    )


def _span(absence: Absence) -> dict[str, Sequence[Any] | str | None]:
    until = None if absence.until is None else iso(absence.until)
    return {"since": iso(absence.since), "until": until, "reason": absence.reason}
