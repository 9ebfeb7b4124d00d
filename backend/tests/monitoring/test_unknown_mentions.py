"""A source that leaves the `@` out neither matches nor rejects on mentions, and undoes nothing that is known."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.campaigns.explanations import broken_rules
from app.core.clock import kst_date
from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.instagram.fake import FakeInstagram, make_post
from app.instagram.port import TaggedUser
from app.models import CampaignContent, CaptionRevision, Influencer, InfluencerPost, PostMatch
from app.models.states import Locale, NearMissKind, ReviewStatus
from app.monitoring import scan
from tests.builders import NOW, make_influencer, saved_account, saved_participation

SETTINGS = Settings(request_spacing=timedelta(microseconds=1), request_jitter=timedelta(microseconds=1))
WHOLE, BARE = "#여름휴가 with @lumi_cos", "#여름휴가 with lumi_cos"
Read = Callable[..., InfluencerPost]


@pytest.fixture
def read(transaction: TransactionFactory) -> Read:
    """Reads the feed with one post of an influencer whose campaign asks for `@lumi_cos`, and returns what is stored."""
    saved_account(transaction)
    with transaction() as session:
        now = server_now(session)
    today: date = kst_date(now)
    influencer: Influencer = make_influencer("ana")
    saved_participation(
        transaction,
        influencer,
        required_mentions=["lumi_cos"],
        start_date=today - timedelta(days=10),
        end_date=today + timedelta(days=10),
    )

    def reads(caption: str, **changes: object) -> InfluencerPost:
        post = make_post(taken_at=now - timedelta(hours=1), caption=caption, **changes)  # type: ignore[arg-type]
        instagram = FakeInstagram({influencer.platform_uid or "": [post]})
        scan.scan_feed(transaction, instagram, influencer.id, now=NOW, settings=SETTINGS)
        with transaction() as session:
            return session.scalars(select(InfluencerPost)).one()

    return reads


def verdict(transaction: TransactionFactory) -> PostMatch:
    with transaction() as session:
        return session.scalars(select(PostMatch)).one()


def number_of(transaction: TransactionFactory, table: type[CaptionRevision | CampaignContent]) -> int:
    with transaction() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_a_mention_that_cannot_be_seen_is_unknown_and_said_to_be(transaction: TransactionFactory, read: Read) -> None:
    post = read(BARE, are_mentions_known=False)

    found = verdict(transaction)
    assert not post.are_mentions_known
    assert (found.is_match, found.details["mentions"]["unknown"], found.details["mentions"]["missing"]) == (
        False,
        True,
        [],
    )
    assert broken_rules(found.details, Locale.EN) == [
        "@lumi_cos is unknown: the official API leaves the @ out of captions"
    ]
    assert number_of(transaction, CampaignContent) == 0


def test_a_post_that_may_mention_the_account_waits_for_a_person_until_a_source_shows_it(
    transaction: TransactionFactory, read: Read
) -> None:
    read(BARE, are_mentions_known=False)
    before = verdict(transaction)
    read(WHOLE)
    after = verdict(transaction)

    assert [miss["kind"] for miss in before.near_misses] == [NearMissKind.UNKNOWN_MENTION]
    assert before.review_status is ReviewStatus.OPEN
    assert (after.is_match, after.review_status) == (True, None)


def test_a_post_that_names_nobody_is_not_kept_for_a_mention_that_cannot_be_seen(
    transaction: TransactionFactory, read: Read
) -> None:
    read("#여름휴가", are_mentions_known=False)

    assert verdict(transaction).review_status is None


def test_a_source_that_sees_mentions_decides_later_and_it_is_no_edit(
    transaction: TransactionFactory, read: Read
) -> None:
    tagged = (TaggedUser("5", "lumi_cos"),)
    read(BARE, are_mentions_known=False, is_pinned=None)

    post = read(WHOLE, usertags=tagged, is_pinned=True)

    assert (post.caption, post.are_mentions_known, post.is_pinned) == (WHOLE, True, True)
    assert post.usertags == [{"pk": "5", "username": "lumi_cos"}]
    assert verdict(transaction).is_match
    assert number_of(transaction, CampaignContent) == 1
    assert number_of(transaction, CaptionRevision) == 0


def test_what_is_known_is_not_forgotten_when_a_source_without_mentions_reads_it_again(
    transaction: TransactionFactory, read: Read
) -> None:
    read(WHOLE, is_pinned=True)

    post = read(BARE, are_mentions_known=False, is_pinned=None)

    assert (post.caption, post.are_mentions_known, post.is_pinned) == (WHOLE, True, True)
    assert post.is_paid_partnership is False
    assert verdict(transaction).is_match
    assert number_of(transaction, CaptionRevision) == 0


def test_an_edit_that_a_source_without_mentions_sees_makes_the_mention_unknown_again(
    transaction: TransactionFactory, read: Read
) -> None:
    read("#여름휴가 @other_brand")
    assert broken_rules(verdict(transaction).details, Locale.EN) == ["@lumi_cos is missing (there is @other_brand)"]

    post = read(BARE, are_mentions_known=False)

    assert (post.caption, post.are_mentions_known) == (BARE, False)
    assert verdict(transaction).details["mentions"]["unknown"] is True
    assert number_of(transaction, CaptionRevision) == 1
