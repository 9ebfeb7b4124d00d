"""Raw answers in the shape of Instagram's private API, as recorded from public accounts in 2025 and 2026."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.sandbox.counts import grown
from app.sandbox.people import Kind, Person
from app.sandbox.posts import Post, code_of
from app.sandbox.world import World

# Reserved (RFC 6761): a dashboard that loads a picture reaches nobody.
_PICTURES = "https://scontent.sandbox.invalid/v/t51.2885-15"
_EVERY_ITEM: Mapping[str, Any] = {
    "deleted_reason": 0,
    "has_shared_to_fb": 0,
    "has_delayed_metadata": False,
    "mezql_token": "",
    "share_count_disabled": False,
    "should_request_ads": False,
    "integrity_review_decision": "pending",
    "is_quiet_post": False,
    "comment_threading_enabled": True,
    "commerciality_status": "not_commercial",
    "has_privately_liked": False,
    "filter_type": 0,
    "photo_of_you": False,
    "can_see_insights_as_brand": False,
    "clips_tab_pinned_user_ids": [],
    "fb_user_tags": {"in": []},
    "invited_coauthor_producers": [],
    "coauthor_producer_can_see_organic_insights": False,
    "is_in_profile_grid": False,
    "profile_grid_control_enabled": False,
    "is_artist_pick": False,
    "music_metadata": None,
    "ig_media_sharing_disabled": False,
    "boost_unavailable_identifier": None,
    "boost_unavailable_reason": None,
    "is_social_ufi_disabled": False,
    "can_reply": False,
    "floating_context_items": [],
    "can_view_more_preview_comments": False,
    "preview_comments": [],
    "hide_view_all_comment_entrypoint": False,
    "comment_inform_treatment": {"action_type": None, "should_have_inform_treatment": False, "text": "", "url": None},
    "has_liked": False,
    "can_viewer_save": True,
    "can_viewer_reshare": True,
    "shop_routing_user_id": None,
    "is_organic_product_tagging_eligible": False,
    "commerce_integrity_review_decision": "",
    "has_more_comments": True,
    "max_num_visible_preview_comments": 2,
    "explore_hide_comments": False,
    "subscribe_cta_visible": False,
}


def feed_page(world: World, person: Person, posts: Sequence[Post], *, has_more: bool) -> dict[str, Any]:
    """Return the answer of `feed/user/{pk}/`."""
    page: dict[str, Any] = {
        "profile_grid_items": None,
        "profile_grid_items_cursor": None,
        "pinned_profile_grid_items_ids": None,
        "special_empty_state": None,
        "num_results": len(posts),
        "more_available": has_more,
        "items": [item(world, post) for post in posts],
        "user": brief_user(world, person),
        "auto_load_more_enabled": has_more,
        "status": "ok",
    }
    if has_more:
        page["next_max_id"] = f"{posts[-1].media_pk}_{posts[-1].owner.pk}"
    return page


def media_info(world: World, post: Post) -> dict[str, Any]:
    """Return the answer of `media/{pk}/info/`."""
    items = [item(world, post)]
    return {"num_results": 1, "more_available": False, "items": items, "auto_load_more_enabled": False, "status": "ok"}


def item(world: World, post: Post) -> dict[str, Any]:
    """Return one post as it looks now."""
    pk, owner = str(post.media_pk), brief_user(world, post.owner)
    taken_at = int(post.published_at)
    pinned_for = [post.influencer.person.pk] if post.is_pinned else []
    answer = {
        **_EVERY_ITEM,
        "pk": pk,
        "id": f"{pk}_{post.owner.pk}",
        "strong_id__": f"{pk}_{post.owner.pk}",
        "fbid": str(17_900_000_000_000_000 + post.media_pk % 99_999_999_999_999),
        "code": post.code,
        "taken_at": taken_at,
        "device_timestamp": taken_at * 1_000_000,
        "client_cache_key": f"{pk}.3",
        "media_type": post.kind.media_type,
        "product_type": post.kind.product_type,
        "caption": _caption(post, owner),
        "caption_is_edited": len(post.revisions) > 1,
        "timeline_pinned_user_ids": pinned_for,
        "coauthor_producers": [brief_user(world, post.influencer.person)] if post.is_collab else [],
        "user": owner,
        "owner": owner,
        "image_versions2": _pictures(pk),
        "original_width": 1080,
        "original_height": 1920 if post.kind is Kind.REEL else 1350,
        "is_paid_partnership": post.is_paid_partnership,
        **_counts(world, post),
        **_kind_parts(world, post),
    }
    if post.tagged and post.kind is not Kind.ALBUM:
        answer["usertags"] = _usertags(world, post)
    if post.sponsor is not None:
        answer["sponsor_tags"] = [{"permission": True, "sponsor": brief_user(world, post.sponsor)}]
    return answer


def brief_user(world: World, person: Person) -> dict[str, Any]:
    """Return an account as it stands beside its posts."""
    return {
        "pk": str(person.pk),
        "pk_id": str(person.pk),
        "id": str(person.pk),
        "strong_id__": str(person.pk),
        "fbid_v2": str(17_841_400_000_000_000 + person.pk % 10**12),
        "username": person.username,
        "full_name": person.full_name,
        "is_private": world.is_private(person),
        "is_verified": person.is_verified,
        "is_unpublished": False,
        "account_type": 2 if person.is_business else 1,
        "account_badges": [],
        "has_anonymous_profile_picture": False,
        "profile_pic_id": f"{person.pk}_1",
        "profile_pic_url": f"{_PICTURES}/{person.pk}_profile.jpg",
        "transparency_product_enabled": False,
    }


def user_info(world: World, person: Person) -> dict[str, Any]:
    """Return the answer of `users/{pk}/info/` and of `users/{name}/usernameinfo/`."""
    return {
        "user": {
            **brief_user(world, person),
            "biography": person.biography,
            "biography_with_entities": {"raw_text": person.biography, "entities": []},
            "bio_links": [],
            "external_url": "",
            "is_business": person.is_business,
            "category": "Digital creator" if person.is_business else "",
            "media_count": world.media_count(person),
            "follower_count": person.follower_count,
            "following_count": person.following_count,
            "has_highlight_reels": False,
            "has_videos": True,
            "public_email": "",
            "public_phone_number": "",
            "public_phone_country_code": "",
            "hd_profile_pic_url_info": {"width": 1080, "height": 1080, "url": f"{_PICTURES}/{person.pk}_profile.jpg"},
            "hd_profile_pic_versions": [],
        },
        "status": "ok",
    }


def _caption(post: Post, owner: Mapping[str, Any]) -> dict[str, Any] | None:
    if not post.caption:
        return None
    created_at = int(post.revisions[-1].at)
    return {
        "bit_flags": 0,
        "created_at": created_at,
        "created_at_utc": created_at,
        "did_report_as_spam": False,
        "is_ranked_comment": False,
        "pk": str(post.media_pk % 10**17),
        "share_enabled": False,
        "content_type": "comment",
        "media_id": str(post.media_pk),
        "status": "Active",
        "type": 1,
        "user_id": owner["pk"],
        "text": post.caption,
        "user": owner,
        "is_covered": False,
        "private_reply_status": 0,
    }


def _counts(world: World, post: Post) -> dict[str, Any]:
    growth, age = post.growth, world.age_hours(post)
    is_hidden = growth.hidden_like_count is not None
    counts: dict[str, Any] = {
        "like_and_view_counts_disabled": is_hidden,
        "like_count": growth.hidden_like_count if is_hidden else grown(growth.likes, growth, age_hours=age),
        "comment_count": grown(growth.comments, growth, age_hours=age),
    }
    if growth.plays and not is_hidden:
        plays = grown(growth.plays, growth, age_hours=age)
        if post.kind is Kind.REEL:
            counts |= {"play_count": plays, "ig_play_count": plays, "has_views_fetching": True, "view_count": None}
        else:
            counts |= {"view_count": plays}
    return counts


def _kind_parts(world: World, post: Post) -> dict[str, Any]:
    match post.kind:
        case Kind.ALBUM:
            return _album(world, post)
        case Kind.REEL:
            return {
                **_video(post),
                "clips_metadata": {"clips_creation_entry_point": "feed", "audio_type": "original_sounds"},
            }
        case Kind.VIDEO:
            return _video(post)
        case _:
            return {}


def _video(post: Post) -> dict[str, Any]:
    version = {
        "id": f"{post.media_pk}v",
        "type": 101,
        "width": 720,
        "height": 1280,
        "url": f"{_PICTURES}/{post.media_pk}.mp4",
    }
    return {
        "video_versions": [version],
        "video_duration": 12 + post.media_pk % 48,
        "has_audio": True,
        "is_dash_eligible": 1,
    }


def _album(world: World, post: Post) -> dict[str, Any]:
    count = 2 + post.media_pk % 5
    children = []
    for position in range(count):
        pk = str(post.media_pk - count + position)
        child: dict[str, Any] = {
            "pk": pk,
            "id": f"{pk}_{post.owner.pk}",
            "strong_id__": f"{pk}_{post.owner.pk}",
            "code": code_of(int(pk)),
            "carousel_parent_id": f"{post.media_pk}_{post.owner.pk}",
            "commerciality_status": "not_commercial",
            "product_type": "carousel_item",
            "media_type": 1,
            "caption": None,
            "taken_at": int(post.published_at),
            "image_versions2": _pictures(pk),
            "original_width": 1080,
            "original_height": 1350,
            "fb_user_tags": {"in": []},
        }
        if position == count - 1 and post.tagged:
            child["usertags"] = _usertags(world, post)
        children.append(child)
    return {
        "carousel_media_count": count,
        "carousel_media": children,
        "carousel_media_ids": [int(child["pk"]) for child in children],
        "carousel_media_pending_post_count": 0,
    }


def _usertags(world: World, post: Post) -> dict[str, Any]:
    return {
        "in": [
            {
                "user": brief_user(world, person),
                "position": [round(0.2 + 0.15 * number, 4), 0.6180339887],
                "start_time_in_video_in_sec": None,
                "duration_in_video_in_sec": None,
            }
            for number, person in enumerate(post.tagged)
        ]
    }


def _pictures(pk: str) -> dict[str, Any]:
    return {
        "candidates": [
            {"width": width, "height": width * 5 // 4, "url": f"{_PICTURES}/{pk}_{width}.jpg", "scans_profile": "e35"}
            for width in (1080, 480)
        ]
    }
