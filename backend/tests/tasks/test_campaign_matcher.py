"""The task with which other services match a post."""

from uuid import uuid4

import pytest

from app.core.db import TransactionFactory
from app.core.errors import InvalidInput, NotFound
from app.models.states import ContentType
from app.tasks import celery_app
from app.tasks.campaign_matcher import match_post_to_campaign
from tests.builders import make_campaign, make_user, saved

POST = {"caption": "#여름휴가", "media_type": 1, "product_type": "feed", "taken_at": "2026-11-10T12:00:00+09:00"}


def saved_campaign(transaction: TransactionFactory) -> str:
    advertiser = make_user()
    return str(saved(transaction, advertiser, make_campaign(advertiser.id, content_type=ContentType.PHOTO)))


def test_a_post_is_matched_with_a_stored_campaign(own_database: TransactionFactory) -> None:
    campaign_id = saved_campaign(own_database)

    answer = match_post_to_campaign.run(POST, campaign_id)

    assert answer == {
        "is_match": True,
        "score": 100.0,
        "details": {
            "hashtags": {"required": ["여름휴가"], "found": ["여름휴가"], "missing": []},
            "mentions": {"required": [], "found": [], "missing": []},
            "content_type": {"required": "photo", "actual": "photo", "match": True},
            "posted_within_period": True,
        },
    }


def test_what_cannot_be_matched_is_told(own_database: TransactionFactory) -> None:
    campaign_id = saved_campaign(own_database)

    with pytest.raises(InvalidInput, match="taken_at is None"):
        match_post_to_campaign.run(POST | {"taken_at": None}, campaign_id)
    with pytest.raises(NotFound, match="there is no campaign"):
        match_post_to_campaign.run(POST, str(uuid4()))


@pytest.mark.usefixtures("servers")
def test_its_answer_is_kept_for_the_caller() -> None:
    celery_app.loader.import_default_modules()

    assert celery_app.tasks["match_post_to_campaign"].ignore_result is False
