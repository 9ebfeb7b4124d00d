"""What a person decides about near misses."""

import pytest
from sqlalchemy import select, update

from app.core.db import TransactionFactory
from app.core.errors import InvalidInput, NotFound
from app.models import Campaign, CampaignContent, CampaignInfluencer, MonitoringLog, Notification
from app.models.states import ContentStatus, MonitoringEvent, ReviewStatus
from app.monitoring import reviewing
from tests.builders import NOW, make_campaign, make_user, saved
from tests.monitoring.watched_posts import PERIOD, participant, post, registered, seen, verdict_of

NEAR = post(1, "#여름휴가를")


def accept(transaction: TransactionFactory, campaign: str | None = None) -> str:
    with transaction() as session:
        return reviewing.accept_review(session, NEAR.code, campaign=campaign, now=NOW)


def dismiss(transaction: TransactionFactory) -> str:
    with transaction() as session:
        return reviewing.dismiss_review(session, NEAR.code, now=NOW)


def events(transaction: TransactionFactory) -> list[MonitoringEvent]:
    with transaction() as session:
        return list(session.scalars(select(MonitoringLog.event).order_by(MonitoringLog.id)))


def with_a_content_that_no_longer_matches(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)
    seen(transaction, ana, post(1, "#여름휴가"))
    with transaction() as session:
        session.execute(update(Campaign).values(required_hashtags=["겨울바다"]))
    seen(transaction, ana)


def test_open_reviews_are_listed_with_reasons_and_a_message(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction, title="여름 캠페인")
    seen(transaction, ana, NEAR, post(2, "#여름_휴가", days=1), post(3, "#여름휴가"), post(4, "바다"))

    with transaction() as session:
        later, first = reviewing.list_reviews(session)

    assert (first.code, first.campaign_title) == (NEAR.code, "여름 캠페인")
    assert first.reasons == ["‘#여름휴가를’ is #여름휴가 with an ending"]
    assert first.reasons_ko == ["‘#여름휴가를’: #여름휴가 뒤에 조사가 붙음"]
    assert first.message is not None
    assert f"@{first.username} 님. ‘여름 캠페인’ 캠페인" in first.message
    assert later.code == post(2, "").code


def test_reviews_of_one_campaign_can_be_asked_for(transaction: TransactionFactory) -> None:
    ana, campaign_id = participant(transaction, title="여름 캠페인")
    participant(transaction, title="겨울 캠페인")
    seen(transaction, ana, NEAR)

    with transaction() as session:
        assert len(reviewing.list_reviews(session, campaign=str(campaign_id))) == 1
        assert len(reviewing.list_reviews(session, campaign="겨울 캠페인")) == 0
        with pytest.raises(NotFound, match="There is no campaign '봄'"):
            reviewing.list_reviews(session, campaign="봄")


def test_an_accepted_near_miss_is_registered_announced_and_logged(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction, title="여름 캠페인")
    seen(transaction, ana, NEAR)

    title = accept(transaction)

    verdict = verdict_of(transaction, NEAR.media_pk)
    with transaction() as session:
        announced = session.scalars(select(Notification)).one()
    assert title == "여름 캠페인"
    assert registered(transaction) == {NEAR.media_pk}
    assert announced.payload["hashtags"] == []
    assert events(transaction) == [MonitoringEvent.REGISTERED, MonitoringEvent.ACCEPTED]
    assert (verdict.is_match, verdict.review_status, verdict.reviewed_at) == (False, ReviewStatus.ACCEPTED, NOW)


def test_an_accepted_near_miss_stays_accepted_when_it_is_seen_again(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)
    seen(transaction, ana, NEAR)
    accept(transaction)

    seen(transaction, ana, post(1, "#여름휴가를 다시"))

    assert verdict_of(transaction, NEAR.media_pk).review_status is ReviewStatus.ACCEPTED
    assert registered(transaction) == {NEAR.media_pk}


def test_a_dismissed_near_miss_is_not_registered(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction)
    seen(transaction, ana, NEAR)

    dismiss(transaction)

    assert registered(transaction) == set()
    assert verdict_of(transaction, NEAR.media_pk).review_status is ReviewStatus.DISMISSED
    with pytest.raises(NotFound, match="No review of the post"):
        accept(transaction)


def test_a_content_that_no_longer_matches_is_kept_or_rejected(transaction: TransactionFactory) -> None:
    with_a_content_that_no_longer_matches(transaction)

    dismiss(transaction)

    with transaction() as session:
        assert session.scalars(select(CampaignContent.status)).one() is ContentStatus.REJECTED
    assert events(transaction) == [MonitoringEvent.REGISTERED, MonitoringEvent.REJECTED]


def test_a_content_that_no_longer_matches_can_be_accepted_as_it_is(transaction: TransactionFactory) -> None:
    with_a_content_that_no_longer_matches(transaction)

    accept(transaction)

    with transaction() as session:
        assert session.scalars(select(CampaignContent.status)).one() is ContentStatus.PENDING
        assert len(session.scalars(select(Notification)).all()) == 1
    assert events(transaction) == [MonitoringEvent.REGISTERED, MonitoringEvent.ACCEPTED]


def test_a_rejected_content_that_is_accepted_is_watched_again(transaction: TransactionFactory) -> None:
    with_a_content_that_no_longer_matches(transaction)
    with transaction() as session:
        gone = {"status": ContentStatus.REJECTED, "next_check_at": None, "next_metrics_at": None}
        session.execute(update(CampaignContent).values(gone))

    accept(transaction)

    with transaction() as session:
        content = session.scalars(select(CampaignContent)).one()
        assert (content.next_check_at, content.next_metrics_at) == (NOW, NOW)


def test_a_settled_content_cannot_be_rejected(transaction: TransactionFactory) -> None:
    with_a_content_that_no_longer_matches(transaction)
    with transaction() as session:
        session.execute(update(CampaignContent).values(settled_at=NOW))

    with pytest.raises(InvalidInput, match="was settled on 2026-11-10"):
        dismiss(transaction)


def test_a_post_in_review_for_several_campaigns_needs_the_campaigns_name(transaction: TransactionFactory) -> None:
    ana, _ = participant(transaction, title="여름 캠페인")
    other = make_campaign(saved(transaction, make_user()), title="다른 캠페인", **PERIOD)
    saved(transaction, other, CampaignInfluencer(campaign_id=other.id, influencer_id=ana, is_selected=True))
    seen(transaction, ana, NEAR)

    with pytest.raises(InvalidInput, match="give --campaign, one of"):
        accept(transaction)

    assert accept(transaction, "다른 캠페인") == "다른 캠페인"
    assert accept(transaction) == "여름 캠페인"
