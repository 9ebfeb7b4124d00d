"""Other requirements: what they would change among the posts already seen, and changing it."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.campaigns.requirements import Requirements
from app.core.db import TransactionFactory
from app.core.errors import NotFound
from app.models import CampaignContent, CampaignInfluencer, Influencer, new_id
from app.models.states import ContentStatus, ReviewStatus
from app.monitoring import rematching, reviewing
from app.monitoring.rematching import PostLine, RematchPreview
from tests.builders import NOW, make_influencer, saved
from tests.monitoring.watched_posts import participant, post, registered, seen, verdict_of


def changed(transaction: TransactionFactory, campaign_id: UUID, **changes: Any) -> Requirements:
    with transaction() as session:
        return replace(rematching.campaign_requirements(session, campaign_id), **changes)


def preview(transaction: TransactionFactory, campaign_id: UUID, requirements: Requirements) -> RematchPreview:
    with transaction() as session:
        return rematching.preview_rematch(session, campaign_id, requirements)


def codes(lines: Any) -> list[str]:
    return [line.code for line in lines]


def code(number: int) -> str:
    return post(number, "").code


def test_a_preview_counts_what_would_come_and_go_and_changes_nothing(transaction: TransactionFactory) -> None:
    ana, campaign_id = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가"), post(2, "#여름휴가 #바다", days=1), post(3, "#바다", days=2))
    sea = changed(transaction, campaign_id, hashtags=("바다",))

    found = preview(transaction, campaign_id, sea)

    assert (codes(found.added), codes(found.removed)) == ([code(3)], [code(1)])
    assert registered(transaction) == {post(1, "").media_pk, post(2, "").media_pk}
    assert changed(transaction, campaign_id).hashtags == ("여름휴가",)


def test_applying_does_what_the_preview_said(transaction: TransactionFactory) -> None:
    ana, campaign_id = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가"), post(2, "#여름휴가 #바다", days=1), post(3, "#바다", days=2))
    sea = changed(transaction, campaign_id, hashtags=("바다",))

    count = rematching.apply_rematch(transaction, campaign_id, sea, now=NOW)

    assert count == 1
    assert registered(transaction) == {post(number, "").media_pk for number in (1, 2, 3)}
    assert verdict_of(transaction, post(1, "").media_pk).review_status is ReviewStatus.OPEN
    assert changed(transaction, campaign_id).hashtags == ("바다",)
    assert preview(transaction, campaign_id, sea).added == []
    assert rematching.apply_rematch(transaction, campaign_id, sea, now=NOW) == 0


def test_an_earlier_start_takes_in_posts_that_were_too_early(transaction: TransactionFactory) -> None:
    ana, campaign_id = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가", days=-20))
    earlier = changed(transaction, campaign_id, start_date=date(2026, 10, 1))

    found = preview(transaction, campaign_id, earlier)
    rematching.apply_rematch(transaction, campaign_id, earlier, now=NOW)

    assert codes(found.added) == [code(1)]
    assert registered(transaction) == {post(1, "").media_pk}


def test_a_later_start_leaves_out_what_was_registered(transaction: TransactionFactory) -> None:
    ana, campaign_id = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가", days=-5))
    later = changed(transaction, campaign_id, start_date=date(2026, 11, 8))

    found = preview(transaction, campaign_id, later)
    rematching.apply_rematch(transaction, campaign_id, later, now=NOW)

    assert codes(found.removed) == [code(1)]
    assert verdict_of(transaction, post(1, "").media_pk).review_status is ReviewStatus.OPEN


def test_a_participation_added_later_is_matched_with_what_was_seen(transaction: TransactionFactory) -> None:
    _, campaign_id = participant(transaction)
    ben = make_influencer()
    saved(transaction, ben)
    seen(transaction, ben.id, post(1, "#여름휴가"))
    saved(transaction, CampaignInfluencer(id=new_id(), campaign_id=campaign_id, influencer_id=ben.id, is_selected=True))

    found = preview(transaction, campaign_id, changed(transaction, campaign_id))
    count = rematching.apply_rematch(transaction, campaign_id, changed(transaction, campaign_id), now=NOW)

    assert found.added == [PostLine(code(1), ben.username, NOW)]
    assert count == 1


def test_near_misses_are_previewed_and_put_into_review(transaction: TransactionFactory) -> None:
    ana, campaign_id = participant(transaction)
    seen(transaction, ana, post(1, "#겨울바다를"))
    winter = changed(transaction, campaign_id, hashtags=("겨울바다",))

    found = preview(transaction, campaign_id, winter)
    rematching.apply_rematch(transaction, campaign_id, winter, now=NOW)

    assert codes(found.near) == [code(1)]
    assert verdict_of(transaction, post(1, "").media_pk).review_status is ReviewStatus.OPEN


def test_what_a_person_decided_is_not_taken_away(transaction: TransactionFactory) -> None:
    ana, campaign_id = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가를"), post(2, "#여름휴가"))
    with transaction() as session:
        reviewing.accept_review(session, code(1), now=NOW)
    winter = changed(transaction, campaign_id, hashtags=("겨울바다",))
    rematching.apply_rematch(transaction, campaign_id, winter, now=NOW)
    with transaction() as session:
        reviewing.dismiss_review(session, code(2), now=NOW)

    found = preview(transaction, campaign_id, winter)

    assert found.removed == []
    assert verdict_of(transaction, post(1, "").media_pk).review_status is ReviewStatus.ACCEPTED


def test_posts_of_people_who_are_not_selected_do_not_count(transaction: TransactionFactory) -> None:
    ana, campaign_id = participant(transaction)
    seen(transaction, ana, post(1, "#바다"))
    with transaction() as session:
        session.get_one(Influencer, ana)
        for part in session.query(CampaignInfluencer):
            part.is_selected = False

    assert preview(transaction, campaign_id, changed(transaction, campaign_id, hashtags=("바다",))).added == []


def test_an_unknown_campaign_is_refused(transaction: TransactionFactory) -> None:
    _, campaign_id = participant(transaction)
    requirements = changed(transaction, campaign_id)

    with pytest.raises(NotFound, match="there is no campaign"):
        rematching.apply_rematch(transaction, new_id(), requirements, now=NOW)


def test_a_content_that_lost_its_tag_before_the_requirements_changed_is_reviewed_too(
    transaction: TransactionFactory,
) -> None:
    ana, campaign_id = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가"))
    seen(transaction, ana, post(1, "바다"))
    winter = changed(transaction, campaign_id, hashtags=("겨울바다",))

    found = preview(transaction, campaign_id, winter)
    rematching.apply_rematch(transaction, campaign_id, winter, now=NOW)

    assert codes(found.removed) == [code(1)]
    assert verdict_of(transaction, post(1, "").media_pk).review_status is ReviewStatus.OPEN


def dismissed_content(transaction: TransactionFactory) -> tuple[UUID, UUID]:
    """An influencer and a campaign whose changed requirements a content did not meet, so that it was rejected."""
    ana, campaign_id = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가"))
    winter = changed(transaction, campaign_id, hashtags=("겨울바다",))
    rematching.apply_rematch(transaction, campaign_id, winter, now=NOW)
    with transaction() as session:
        reviewing.dismiss_review(session, code(1), now=NOW)
    return ana, campaign_id


def test_a_rejected_content_that_is_edited_to_match_asks_again_and_can_be_accepted(
    transaction: TransactionFactory,
) -> None:
    ana, _ = dismissed_content(transaction)

    seen(transaction, ana, post(1, "#여름휴가 #겨울바다"))
    waiting = verdict_of(transaction, post(1, "").media_pk)
    with transaction() as session:
        [item] = reviewing.list_reviews(session)
        reviewing.accept_review(session, code(1), now=NOW)

    assert waiting.review_status is ReviewStatus.OPEN
    assert item.reasons == ["it was rejected, but meets the requirements now"]
    assert status_of_content(transaction) is ContentStatus.PENDING


def test_a_rejected_content_is_not_put_into_review_where_it_does_not_match(transaction: TransactionFactory) -> None:
    _, campaign_id = dismissed_content(transaction)
    for tag in ("여름휴가", "봄소풍"):
        asked = changed(transaction, campaign_id, hashtags=(tag,))
        rematching.apply_rematch(transaction, campaign_id, asked, now=NOW)

    assert verdict_of(transaction, post(1, "").media_pk).review_status is not ReviewStatus.OPEN
    assert status_of_content(transaction) is ContentStatus.REJECTED


def test_a_content_that_was_rejected_although_it_matched_stays_so(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가"))
    with transaction() as session:
        session.scalars(select(CampaignContent)).one().status = ContentStatus.REJECTED

    seen(transaction, ana, post(1, "#여름휴가 좋아요"))

    assert verdict_of(transaction, post(1, "").media_pk).review_status is None


def status_of_content(transaction: TransactionFactory) -> ContentStatus:
    with transaction() as session:
        return session.scalars(select(CampaignContent)).one().status
