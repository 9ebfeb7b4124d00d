"""A token of the official API is read whole or refused in words, and its end is known ten days ahead."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.errors import InvalidInput
from app.instagram.graph_token import GraphToken, is_near_expiry

END = datetime(2026, 3, 1, 9, tzinfo=UTC)
SETTINGS: dict[str, Any] = {"access_token": "EAAtest|x.-_", "ig_user_id": "17841400", "expires_at": END.isoformat()}


@pytest.mark.parametrize(
    ("expires_at", "instant"),
    [
        ("2026-03-01T18:00:00+09:00", END),
        ("2026-03-01T09:00:00Z", END),
        (int(END.timestamp()), END),
        (0, None),
        (None, None),
    ],
)
def test_the_end_of_a_token_is_read_as_the_api_and_people_write_it(
    expires_at: object, instant: datetime | None
) -> None:
    token = GraphToken.from_settings({**SETTINGS, "expires_at": expires_at})

    assert token.expires_at == instant


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"access_token": None}, "access_token"),
        ({"access_token": "EAA secret\r\nHost: elsewhere"}, "access_token"),
        ({"access_token": "비밀"}, "access_token"),
        ({"ig_user_id": "me/../accounts"}, "ig_user_id"),
        ({"ig_user_id": 17841400}, "in quotes"),
        ({"expires_at": "2026-03-01T09:00:00"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": 10**30}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+00:00"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+09:00"}, "expires_at"),
        ({"expires_at": -62135596800}, "expires_at"),
        ({"expires_at": True}, "expires_at"),
    ],
)
def test_settings_of_another_shape_are_refused_without_telling_the_token(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as raised:
        GraphToken.from_settings({**SETTINGS, **changes})

    assert "secret" not in str(raised.value)


def test_a_token_does_not_show_itself() -> None:
    assert "EAAtest" not in repr(GraphToken.from_settings(SETTINGS))


@pytest.mark.parametrize(("before", "is_near"), [(11, False), (10, True), (0, True), (-1, True)])
def test_the_alert_comes_ten_days_before_the_end(before: int, is_near: bool) -> None:
    assert is_near_expiry(END, now=END - timedelta(days=before)) is is_near


def test_a_token_without_an_end_never_expires() -> None:
    assert not is_near_expiry(None, now=END)
