"""Verifying one content, with the fake provider and a real database."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from app.core.db import TransactionFactory
from app.instagram.errors import AccountCooling, TargetUnavailable, TransientFailure
from app.instagram.fake import FakeInstagram, make_profile
from app.models import CampaignContent, InstagramAccount
from app.models.states import ContentStatus, Existence, MonitoringEvent, NotificationEvent, UserRole
from app.monitoring import verify_existence
from tests.builders import make_user, saved, saved_account
from tests.contents import (
    FAST,
    Author,
    clock_of,
    content_of,
    events_of,
    instagram_of,
    messages_of,
    post_of,
    saved_author,
    saved_content,
)

NOT_FOUND = TargetUnavailable("media_not_found", http_status=400)


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    saved(transaction, make_user(role=UserRole.OPERATOR))
    return clock_of(transaction)


@pytest.fixture
def ana(transaction: TransactionFactory) -> Author:
    return saved_author(transaction, "ana")


@pytest.fixture
def content_id(transaction: TransactionFactory, ana: Author, now: datetime) -> UUID:
    return saved_content(transaction, ana, post_of(ana, 5, now=now, caption="#여름휴가"))


@pytest.fixture
def instagram(transaction: TransactionFactory, ana: Author, now: datetime, content_id: UUID) -> FakeInstagram:  # noqa: ARG001
    """Ana's content is there, and a post of Bo, who serves as the canary; two accounts read them."""
    bo = saved_author(transaction, "bo")
    canary = post_of(bo, 1, now=now)
    saved_content(transaction, bo, canary)
    for username in ("first", "second"):
        saved_account(transaction, username)
    return instagram_of([(ana, [post_of(ana, 5, now=now, caption="#여름휴가")]), (bo, [canary])])


def verified(transaction: TransactionFactory, instagram: FakeInstagram, content_id: UUID) -> Existence:
    return verify_existence.verify_content(transaction, instagram, content_id, settings=FAST)


def age(transaction: TransactionFactory, content_id: UUID, span: timedelta) -> None:
    """Let the present state be so much older."""
    with transaction() as session:
        session.execute(
            update(CampaignContent)
            .where(CampaignContent.id == content_id)
            .values(existence_since=CampaignContent.existence_since - span)
        )


def removed(transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, content_id: UUID) -> None:
    instagram.feeds[ana.pk] = []
    verified(transaction, instagram, content_id)
    age(transaction, content_id, timedelta(hours=1))
    assert verified(transaction, instagram, content_id) is Existence.DELETED


def test_a_post_that_is_there_costs_one_request_and_gives_a_sample(
    transaction: TransactionFactory, instagram: FakeInstagram, content_id: UUID, now: datetime
) -> None:
    state = verified(transaction, instagram, content_id)

    content = content_of(transaction, content_id)
    assert state is Existence.PRESENT
    assert [call.kind for call in instagram.calls] == ["media"]
    assert content.next_check_at is not None
    assert content.next_check_at > now + timedelta(hours=5)
    assert content.next_metrics_at is not None
    assert content.next_metrics_at > now


def test_a_removal_is_proved_twice_by_two_accounts_and_told_once(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, content_id: UUID
) -> None:
    instagram.feeds[ana.pk] = []

    first = verified(transaction, instagram, content_id)
    told_too_early = messages_of(transaction, NotificationEvent.CONTENT_DELETED)
    early = verified(transaction, instagram, content_id)
    age(transaction, content_id, timedelta(hours=1))
    second = verified(transaction, instagram, content_id)

    content = content_of(transaction, content_id)
    proofs = [[call.account for call in instagram.calls[1:5]], [call.account for call in instagram.calls[5:]]]
    assert (first, early, second) == (Existence.UNAVAILABLE, Existence.UNAVAILABLE, Existence.DELETED)
    assert [call.kind for call in instagram.calls] == ["media", *["media", "media", "media", "profile"] * 2]
    assert [len(set(accounts)) for accounts in proofs] == [1, 1]
    assert proofs[0][0] != proofs[1][0]
    assert told_too_early == []
    assert len(messages_of(transaction, NotificationEvent.CONTENT_DELETED)) == 2  # advertiser and operator
    assert (content.status, content.status_before_removal) == (ContentStatus.DELETED, ContentStatus.PENDING)
    assert events_of(transaction, content_id) == [
        MonitoringEvent.SUSPECTED,
        MonitoringEvent.UNAVAILABLE,
        MonitoringEvent.DELETED,
    ]


def test_a_check_of_a_removed_post_tells_nobody_again(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, content_id: UUID
) -> None:
    removed(transaction, instagram, ana, content_id)

    verified(transaction, instagram, content_id)

    assert len(messages_of(transaction, NotificationEvent.CONTENT_DELETED)) == 2
    assert content_of(transaction, content_id).removal_count == 1


def test_a_post_that_comes_back_closes_the_alert_and_may_be_removed_again(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, content_id: UUID
) -> None:
    feed = instagram.feeds[ana.pk]
    removed(transaction, instagram, ana, content_id)

    instagram.feeds[ana.pk] = feed
    back = verified(transaction, instagram, content_id)
    status = content_of(transaction, content_id).status
    removed(transaction, instagram, ana, content_id)

    assert (back, status) == (Existence.RESTORED, ContentStatus.PENDING)
    assert len(messages_of(transaction, NotificationEvent.CONTENT_RESTORED)) == 2
    assert len(messages_of(transaction, NotificationEvent.CONTENT_DELETED)) == 4


@pytest.mark.parametrize("username", ["first", "second"])
def test_one_account_that_is_told_lies_proves_nothing(
    transaction: TransactionFactory,
    instagram: FakeInstagram,
    ana: Author,
    now: datetime,
    content_id: UUID,
    username: str,
) -> None:
    instagram.failures[f"{username} {post_of(ana, 5, now=now).media_pk}"] = NOT_FOUND

    for _ in range(6):
        verified(transaction, instagram, content_id)
        age(transaction, content_id, timedelta(hours=2))

    assert messages_of(transaction, NotificationEvent.CONTENT_DELETED) == []
    assert MonitoringEvent.DELETED not in events_of(transaction, content_id)


def test_an_account_that_cannot_see_the_canary_is_not_believed(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, content_id: UUID
) -> None:
    instagram.feeds.clear()

    state = verified(transaction, instagram, content_id)

    assert ana.pk not in instagram.feeds
    assert state is Existence.SUSPECTED
    assert content_of(transaction, content_id).check_failures == 1


@pytest.mark.parametrize(
    "failure",
    [TransientFailure("html_page", http_status=404), TransientFailure("timeout"), TargetUnavailable("not_found")],
)
def test_an_answer_that_is_not_instagrams_own_word_is_no_sign(
    transaction: TransactionFactory, instagram: FakeInstagram, content_id: UUID, failure: Exception
) -> None:
    instagram.failure = failure

    state = verified(transaction, instagram, content_id)

    assert state is Existence.PRESENT
    assert events_of(transaction, content_id) == [MonitoringEvent.CHECKED]


def test_a_private_author_is_hidden_and_nobody_is_told(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, content_id: UUID
) -> None:
    instagram.feeds[ana.pk] = []
    instagram.profiles["ana"] = make_profile("ana", pk=ana.pk, is_private=True)

    first = verified(transaction, instagram, content_id)
    instagram.calls.clear()
    again = verified(transaction, instagram, content_id)

    assert (first, again) == (Existence.AUTHOR_HIDDEN, Existence.AUTHOR_HIDDEN)
    assert [call.kind for call in instagram.calls] == ["profile"]
    assert messages_of(transaction, NotificationEvent.CONTENT_DELETED) == []


def test_operators_are_told_of_an_author_who_stays_hidden_for_a_week_once(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, now: datetime, content_id: UUID
) -> None:
    instagram.feeds[ana.pk] = []
    del instagram.profiles["ana"]
    verified(transaction, instagram, content_id)

    age(transaction, content_id, timedelta(days=8))
    verified(transaction, instagram, content_id)
    verified(transaction, instagram, content_id)
    found_a_day_later = saved_content(
        transaction,
        ana,
        post_of(ana, 9, now=now),
        existence=Existence.AUTHOR_HIDDEN,
        existence_since=now - timedelta(days=7),
    )
    verified(transaction, instagram, found_a_day_later)

    assert len(messages_of(transaction, NotificationEvent.AUTHOR_HIDDEN)) == 1


def test_a_lone_account_waits_for_a_day_before_it_confirms_itself(
    transaction: TransactionFactory, ana: Author, now: datetime, content_id: UUID
) -> None:
    bo = saved_author(transaction, "bo")
    saved_content(transaction, bo, post_of(bo, 1, now=now))
    saved_account(transaction, "only")
    instagram = instagram_of([(ana, []), (bo, [post_of(bo, 1, now=now)])])

    verified(transaction, instagram, content_id)
    age(transaction, content_id, timedelta(hours=2))
    after_two_hours = verified(transaction, instagram, content_id)
    age(transaction, content_id, timedelta(hours=22))
    after_a_day = verified(transaction, instagram, content_id)

    assert (after_two_hours, after_a_day) == (Existence.UNAVAILABLE, Existence.DELETED)


def test_the_brake_stops_the_verdict_and_tells_the_operators_once(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, now: datetime, content_id: UUID
) -> None:
    for name in ("cho", "dan", "eve"):
        author = saved_author(transaction, name)
        post = post_of(author, 9, now=now)
        saved_content(transaction, author, post, existence=Existence.SUSPECTED, missing_since=now)
        instagram.feeds[author.pk] = [post]  # good enough as a canary
    instagram.feeds[ana.pk] = []
    verified(transaction, instagram, content_id)

    age(transaction, content_id, timedelta(hours=1))
    state = verified(transaction, instagram, content_id)
    verified(transaction, instagram, content_id)

    assert state is Existence.UNAVAILABLE
    assert MonitoringEvent.VERDICT_STOPPED in events_of(transaction, content_id)
    assert len(messages_of(transaction, NotificationEvent.VERDICTS_STOPPED)) == 1
    assert messages_of(transaction, NotificationEvent.CONTENT_DELETED) == []


def test_three_authors_may_remove_something_on_the_same_day(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, now: datetime, content_id: UUID
) -> None:
    for name in ("cho", "dan"):
        author = saved_author(transaction, name)
        post = post_of(author, 9, now=now)
        saved_content(transaction, author, post, existence=Existence.SUSPECTED, missing_since=now)
        instagram.feeds[author.pk] = [post]

    removed(transaction, instagram, ana, content_id)

    assert messages_of(transaction, NotificationEvent.VERDICTS_STOPPED) == []


def test_without_an_account_the_row_says_when_to_check_again(
    transaction: TransactionFactory, ana: Author, now: datetime, content_id: UUID
) -> None:
    state = verified(transaction, instagram_of([(ana, [])]), content_id)

    content = content_of(transaction, content_id)
    assert state is Existence.PRESENT
    assert content.next_check_at is not None
    assert content.next_check_at > now
    assert events_of(transaction, content_id) == []


def test_accounts_that_rest_put_the_check_off_and_prove_nothing(
    transaction: TransactionFactory, instagram: FakeInstagram, content_id: UUID
) -> None:
    instagram.failure = AccountCooling("please_wait", http_status=401)
    verified(transaction, instagram, content_id)
    verified(transaction, instagram, content_id)

    state = verified(transaction, instagram, content_id)

    assert state is Existence.PRESENT
    assert len(instagram.calls) == 2


def test_a_post_that_instagram_calls_private_leads_to_its_author(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, now: datetime, content_id: UUID
) -> None:
    instagram.failures[post_of(ana, 5, now=now).media_pk] = TargetUnavailable("private_account", http_status=400)

    beside_a_public_profile = verified(transaction, instagram, content_id)
    instagram.profiles["ana"] = make_profile("ana", pk=ana.pk, is_private=True)
    beside_a_private_one = verified(transaction, instagram, content_id)

    assert (beside_a_public_profile, beside_a_private_one) == (Existence.SUSPECTED, Existence.AUTHOR_HIDDEN)
    assert MonitoringEvent.UNAVAILABLE not in events_of(transaction, content_id)


def test_a_canary_that_is_gone_itself_is_followed_by_the_next_one(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, now: datetime, content_id: UUID
) -> None:
    newest = post_of(ana, 4, now=now)
    saved_content(transaction, ana, newest)
    instagram.feeds = {ana.pk: [newest]}  # Bo's post is gone as well, and Bo's feed is read no more

    first, second = verified(transaction, instagram, content_id), verified(transaction, instagram, content_id)

    assert (first, second) == (Existence.SUSPECTED, Existence.UNAVAILABLE)


def test_an_author_who_blocked_one_of_two_accounts_does_not_hide_a_removal(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, content_id: UUID
) -> None:
    instagram.feeds[ana.pk] = []
    instagram.failures[f"second {ana.pk}"] = TargetUnavailable("user_not_found", http_status=404)
    with transaction() as session:
        session.execute(update(InstagramAccount).where(InstagramAccount.username == "second").values(status="paused"))
    first = verified(transaction, instagram, content_id)
    with transaction() as session:
        session.execute(update(InstagramAccount).values(status="active"))

    age(transaction, content_id, timedelta(hours=2))
    contradicted = verified(transaction, instagram, content_id)
    age(transaction, content_id, timedelta(days=1))
    later = [verified(transaction, instagram, content_id) for _ in range(4)]

    assert (first, contradicted) == (Existence.UNAVAILABLE, Existence.UNAVAILABLE)
    assert later[-1] is Existence.DELETED


def test_a_rejected_content_may_go_without_a_word(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, content_id: UUID
) -> None:
    with transaction() as session:
        session.get_one(CampaignContent, content_id).status = ContentStatus.REJECTED
    instagram.feeds[ana.pk] = []

    state = verified(transaction, instagram, content_id)

    assert state is Existence.PRESENT
    assert events_of(transaction, content_id) == []


def test_the_brake_does_not_count_what_was_rejected(
    transaction: TransactionFactory, instagram: FakeInstagram, ana: Author, now: datetime, content_id: UUID
) -> None:
    for name in ("cho", "dan", "eve"):
        author = saved_author(transaction, name)
        saved_content(
            transaction,
            author,
            post_of(author, 9, now=now),
            status=ContentStatus.REJECTED,
            existence=Existence.SUSPECTED,
            missing_since=now,
        )
        instagram.feeds[author.pk] = [post_of(author, 9, now=now)]

    removed(transaction, instagram, ana, content_id)

    assert messages_of(transaction, NotificationEvent.VERDICTS_STOPPED) == []
