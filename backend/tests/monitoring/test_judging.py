"""What is kept of each post that was held against a campaign, and what a person should look at."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app.core.db import TransactionFactory
from app.instagram.port import TaggedUser
from app.models import Campaign, PostMatch
from app.models.states import NearMissKind, ReviewStatus
from tests.builders import NOW
from tests.monitoring.watched_posts import participant, post, registered, seen, verdict_of


def kinds(verdict: PostMatch) -> list[str]:
    return [miss["kind"] for miss in verdict.near_misses]


def ask_for(transaction: TransactionFactory, **changes: Any) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(**changes))


def test_a_near_miss_is_put_into_review_with_its_reason(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)
    [near, far] = [post(1, "#여름휴가를"), post(2, "#겨울")]

    seen(transaction, ana, near, far)

    verdict = verdict_of(transaction, near.media_pk)
    assert verdict.review_status is ReviewStatus.OPEN
    assert verdict.near_misses == [
        {"kind": "particle", "rule": "hashtag", "required": "여름휴가", "found": "#여름휴가를"}
    ]
    assert verdict_of(transaction, far.media_pk).review_status is None
    assert registered(transaction) == set()


def test_a_near_miss_that_is_mended_is_registered_and_leaves_the_review(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가를"))

    seen(transaction, ana, post(1, "#여름휴가 를"))

    verdict = verdict_of(transaction, post(1, "").media_pk)
    assert (verdict.is_match, verdict.review_status, verdict.near_misses) == (True, None, [])
    assert registered(transaction) == {post(1, "").media_pk}


def test_a_decision_lasts_until_the_reasons_change(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가를"))
    with transaction() as session:
        session.execute(update(PostMatch).values(review_status=ReviewStatus.DISMISSED))

    seen(transaction, ana, post(1, "#여름휴가를 다녀옴"))
    same = verdict_of(transaction, post(1, "").media_pk).review_status
    seen(transaction, ana, post(1, "#여름휴기"))

    assert same is ReviewStatus.DISMISSED
    assert verdict_of(transaction, post(1, "").media_pk).review_status is ReviewStatus.OPEN


def test_a_tag_in_another_post_of_the_day_is_seen_whichever_came_first(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction, required_mentions=["lumi"])
    seen(transaction, ana, post(1, "@lumi 고마워요"))
    before = verdict_of(transaction, post(1, "").media_pk).review_status

    seen(transaction, ana, post(2, "#여름휴가", days=0.1), post(3, "#여름휴가", days=1))

    first, second, next_day = (verdict_of(transaction, post(number, "").media_pk) for number in (1, 2, 3))
    assert before is None
    assert kinds(first) == kinds(second) == [NearMissKind.OTHER_POST]
    assert kinds(next_day) == []


def test_the_other_posts_of_a_day_with_a_match_are_not_near(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)

    seen(transaction, ana, post(1, "바다"), post(2, "#여름휴가", days=0.1))

    assert verdict_of(transaction, post(1, "").media_pk).review_status is None


def test_a_post_of_the_day_before_the_period_is_near(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)

    seen(transaction, ana, post(1, "#여름휴가", days=-10), post(2, "#여름휴가", days=-11))

    assert kinds(verdict_of(transaction, post(1, "").media_pk)) == [NearMissKind.DAY_OUTSIDE]
    assert kinds(verdict_of(transaction, post(2, "").media_pk)) == []


def test_a_campaign_that_requires_nothing_registers_nothing_and_asks_for_review(
    transaction: TransactionFactory,
) -> None:
    ana, _ = participant(transaction, required_hashtags=[])

    seen(transaction, ana, post(1, "아무 말"))

    assert registered(transaction) == set()
    assert kinds(verdict_of(transaction, post(1, "").media_pk)) == [NearMissKind.NOTHING_REQUIRED]


def test_a_registered_post_that_no_longer_meets_changed_requirements_is_reviewed(
    transaction: TransactionFactory,
) -> None:
    ana, _ = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가"))
    ask_for(transaction, required_hashtags=["겨울바다"])

    seen(transaction, ana)

    verdict = verdict_of(transaction, post(1, "").media_pk)
    assert (verdict.is_match, verdict.review_status) == (False, ReviewStatus.OPEN)
    assert kinds(verdict) == [NearMissKind.NO_LONGER]
    assert registered(transaction) == {post(1, "").media_pk}


def test_an_edit_of_a_registered_post_is_no_matter_for_this_review(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가"))

    seen(transaction, ana, post(1, "#여름휴가를"))

    assert verdict_of(transaction, post(1, "").media_pk).review_status is None


@pytest.mark.parametrize(("places", "is_match"), [(["caption"], False), (["caption", "usertag"], True)])
def test_photo_tags_count_where_the_campaign_says(
    transaction: TransactionFactory, places: list[str], is_match: bool
) -> None:
    ana, _ = participant(transaction, required_mentions=["lumi"], mention_places=places)

    [verdict] = seen(transaction, ana, post(1, "#여름휴가", usertags=[TaggedUser("7", "Lumi")]))

    assert verdict.match.is_match is is_match


def test_the_brand_that_published_a_collab_post_is_its_co_author(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction, required_mentions=["lumi"], mention_places=["coauthor"])
    collab = post(1, "#여름휴가")
    collab.raw["user"] = {"pk": 7, "username": "lumi"}  # type: ignore[index]

    [verdict] = seen(transaction, ana, collab)

    assert verdict.match.is_match


def test_the_period_is_watched_in_the_campaigns_time_zone(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction, time_zone="America/New_York", start_date=NOW.date(), end_date=NOW.date())

    verdicts = seen(transaction, ana, post(1, "#여름휴가", days=0.1))
    with transaction() as session:
        session.execute(update(Campaign).values(start_date=NOW.date() - timedelta(days=1)))
    later = seen(transaction, ana)

    assert list(verdicts) == []  # it is still the 9th in New York, so nobody watches
    assert [verdict.match.is_match for verdict in later] == [True]
