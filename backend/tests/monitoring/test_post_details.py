"""One post that somebody asks about."""

import dataclasses
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.core.clock import KST
from app.core.db import TransactionFactory
from app.instagram.fake import FakeInstagram, make_post
from app.instagram.port import TaggedUser
from app.models import Campaign, CampaignContent, CampaignInfluencer, ContentMetrics, InfluencerPost
from app.models.states import CampaignStatus, Existence, NotificationEvent
from app.monitoring import post_details
from app.monitoring.post_details import PostDetails
from tests.builders import saved_account
from tests.contents import (
    FAST,
    Author,
    clock_of,
    content_of,
    instagram_of,
    messages_of,
    post_of,
    saved_author,
    saved_content,
)


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    return clock_of(transaction)


@pytest.fixture
def ana(transaction: TransactionFactory) -> Author:
    saved_account(transaction)
    return saved_author(transaction, "ana")


def detailed(transaction: TransactionFactory, instagram: FakeInstagram, media_pk: str) -> PostDetails:
    return post_details.get_post_details(transaction, instagram, media_pk, settings=FAST)


def number_of_contents(transaction: TransactionFactory) -> int:
    with transaction() as session:
        return session.scalars(select(func.count()).select_from(CampaignContent)).one()


def test_a_post_that_was_overlooked_is_registered_sampled_and_announced(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    post = post_of(ana, 300, now=now, caption="#여름휴가")

    details = detailed(transaction, instagram_of([(ana, [post])]), post.media_pk)

    [verdict] = details.verdicts
    with transaction() as session:
        samples = session.scalars(select(func.count()).select_from(ContentMetrics)).one()
    assert (details.username, verdict.is_registered, details.reasons) == ("ana", True, [])
    assert (samples, len(messages_of(transaction, NotificationEvent.CONTENT_REGISTERED))) == (1, 1)
    assert details.as_document()["verdicts"][0]["is_registered"] is True


def test_a_post_that_does_not_match_says_why(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    post = post_of(ana, 300, now=now, caption="#여름")

    details = detailed(transaction, instagram_of([(ana, [post])]), post.media_pk)

    [verdict] = details.verdicts
    assert (verdict.is_match, verdict.reasons) == (False, ["#여름휴가 is missing (there is #여름)"])
    assert number_of_contents(transaction) == 0


def test_a_campaign_that_is_over_still_takes_a_post_of_its_period(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    with transaction() as session:
        session.execute(
            update(Campaign).values(
                status=CampaignStatus.COMPLETED, start_date=date(2020, 1, 1), end_date=(now - timedelta(days=5)).date()
            )
        )
    post = post_of(ana, 24 * 9, now=now, caption="#여름휴가")

    details = detailed(transaction, instagram_of([(ana, [post])]), post.media_pk)

    assert [verdict.is_registered for verdict in details.verdicts] == [True]


@pytest.mark.parametrize(
    ("status", "is_selected", "reason"),
    [
        (CampaignStatus.DRAFT, True, "is draft: its posts are not matched"),
        (CampaignStatus.ACTIVE, False, "@ana is not selected for"),
    ],
)
def test_a_campaign_that_does_not_count_is_named(
    transaction: TransactionFactory,
    ana: Author,
    now: datetime,
    status: CampaignStatus,
    reason: str,
    *,
    is_selected: bool,
) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(status=status))
        session.execute(update(CampaignInfluencer).values(is_selected=is_selected))
    post = post_of(ana, 3, now=now, caption="#여름휴가")

    details = detailed(transaction, instagram_of([(ana, [post])]), post.media_pk)

    [given] = details.reasons
    assert reason in given
    assert number_of_contents(transaction) == 0


def test_a_post_of_two_influencers_is_seen_as_a_content_of_each(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    bo = saved_author(transaction, "bo")
    shown = post_of(ana, 3, now=now, caption="#여름휴가")
    shown = dataclasses.replace(shown, owner_pk=bo.pk, coauthors=[TaggedUser(ana.pk, "ana")])
    content_id = saved_content(transaction, ana, shown, existence=Existence.DELETED, removal_count=1)

    details = detailed(transaction, instagram_of([(bo, [shown])]), shown.media_pk)

    assert details.username == "bo"
    assert [verdict.is_registered for verdict in details.verdicts] == [True, True]
    assert content_of(transaction, content_id).existence is Existence.RESTORED


def test_a_stranger_is_named(transaction: TransactionFactory, ana: Author) -> None:
    post = make_post("123", owner_pk="999")

    details = detailed(transaction, FakeInstagram({"999": [post]}), "123")

    [reason] = details.reasons
    assert (details.username, details.verdicts) == (None, ())
    assert "The account 999 is not one of the influencers" in reason
    assert ana.pk != "999"


def test_a_post_that_is_not_there_says_what_we_know(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    post = post_of(ana, 3, now=now)
    saved_content(transaction, ana, post)

    details = detailed(transaction, instagram_of([(ana, [])]), post.media_pk)

    with transaction() as session:
        seen_at = session.scalars(select(InfluencerPost.last_seen_at)).one()
    assert details.post is None
    assert "media_not_found (HTTP 404)" in details.reasons[0]
    assert f"post of @ana, last seen {seen_at.astimezone(KST):%Y-%m-%d %H:%M} (KST)" in details.reasons[1]
    assert details.as_document()["is_found"] is False
