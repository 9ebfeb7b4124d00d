"""Feed items in the shape of the private API."""

from typing import Any

PROFILE_PK = "787132"


def make_item(**changes: Any) -> dict[str, Any]:
    """Return a reel with every field that the parser reads; a change to `...` removes the field."""
    item: dict[str, Any] = {
        "pk": "3865659729796199935",
        "id": "3865659729796199935_787132",
        "code": "DWllQsJCPX_",
        "taken_at": 1775048403,
        "media_type": 2,
        "product_type": "clips",
        "user": {"pk": 787132, "username": "natgeo"},
        "caption": {"text": "봄 #여름 @lumi"},
        "usertags": {"in": [{"position": [0, 0], "user": {"pk": "11", "username": "kim"}}]},
        "coauthor_producers": [{"pk": 12, "username": "lee"}],
        "sponsor_tags": [{"sponsor": {"pk": "13", "username": "lumi"}, "permission": True}],
        "is_paid_partnership": True,
        "timeline_pinned_user_ids": [787132],
        "like_and_view_counts_disabled": False,
        "like_count": 120,
        "comment_count": 7,
        "play_count": 4000,
        "ig_play_count": 3900,
        "view_count": None,
        "reshare_count": 5,
    }
    item.update(changes)
    return {key: value for key, value in item.items() if value is not ...}
