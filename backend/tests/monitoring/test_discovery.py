"""Looking beyond the feeds on a real database: what a source shows makes the right feed due, and is credited."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core.db import TransactionFactory
from app.instagram.errors import AccountNeedsHuman, TransientFailure
from app.instagram.fake import FakeInstagram, make_post, make_profile
from app.instagram.port import Post, TaggedUser
from app.models import (
    Campaign,
    CampaignContent,
    DiscoverySource,
    Influencer,
    InfluencerPost,
    InstagramAccount,
    InstagramRequest,
)
from app.models.states import AccountStatus, DiscoveryKind, Platform, RequestKind
from app.monitoring import discovery, mentions, scan
from app.scheduling import discovery_sources
from app.scheduling.discovery import yield_of
from tests.builders import saved_account
from tests.contents import FAST, Author, clock_of, saved_author

SETTINGS = FAST.model_copy(update={"discovery_sources": ("usertags", "hashtag", "timeline", "reels", "tags")})
BRAND = "lumi_cos"
BRAND_PK = "777"
LATER = timedelta(hours=3)


@pytest.fixture
def now(transaction: TransactionFactory) -> datetime:
    return clock_of(transaction)


@pytest.fixture
def ana(transaction: TransactionFactory, now: datetime) -> Author:
    """@ana, whose feed was read an hour ago and is due in three; her campaign wants #여름휴가 and @lumi_cos."""
    saved_account(transaction, "reader")
    author = saved_author(transaction, "ana", required_mentions=[BRAND], required_hashtags=["여름휴가"])
    set_feed(transaction, next_scan_at=now + LATER, last_post_checked_at=now - timedelta(hours=1))
    return author


def set_feed(transaction: TransactionFactory, **columns: Any) -> None:
    with transaction() as session:
        session.execute(update(Influencer).values(**columns))


def set_accounts_aside(transaction: TransactionFactory) -> None:
    """Leave the pool without an account of the private API."""
    with transaction() as session:
        session.execute(
            update(InstagramAccount)
            .where(InstagramAccount.provider != "graph")
            .values(status=AccountStatus.NEEDS_HUMAN)
        )


def settled(transaction: TransactionFactory, *kinds: str) -> None:
    with transaction() as session:
        discovery_sources.settle_sources(
            session, [DiscoveryKind(kind) for kind in kinds], now=clock_of(transaction), grace=SETTINGS.scan_grace
        )


def look(transaction: TransactionFactory, kind: str, instagram: FakeInstagram) -> DiscoverySource | None:
    """Look once at the only source of a kind, which is due, and return its row afterwards."""
    with transaction() as session:
        source_id = session.scalars(select(DiscoverySource.id).where(DiscoverySource.kind == kind)).one()
        session.execute(update(DiscoverySource).values(next_look_at=DiscoverySource.created_at))
    discovery.look_at_source(transaction, instagram, instagram, source_id, settings=SETTINGS)
    with transaction() as session:
        return session.get(DiscoverySource, source_id)


def new_post(author: Author, now: datetime, *, minutes: float = 5, number: int = 1, **changes: Any) -> Post:
    pk = str(3_500_000_000_000_000_000 + number)
    return make_post(pk, taken_at=now - timedelta(minutes=minutes), owner_pk=author.pk, **changes)


def next_scan_of(transaction: TransactionFactory, influencer_id: UUID) -> datetime:
    with transaction() as session:
        return session.get_one(Influencer, influencer_id).next_scan_at


def sources_of(transaction: TransactionFactory) -> Sequence[tuple[str, str]]:
    with transaction() as session:
        rows = session.execute(select(DiscoverySource.kind, DiscoverySource.key).order_by(DiscoverySource.kind))
        return [(row.kind.value, row.key) for row in rows]


def test_sources_follow_the_running_campaigns(transaction: TransactionFactory, ana: Author) -> None:
    settled(transaction, "usertags", "hashtag", "reels")
    wanted = sources_of(transaction)
    with transaction() as session:
        session.execute(update(Influencer).values(platform_uid=None))
    settled(transaction, "usertags", "reels")

    assert wanted == [("hashtag", "여름휴가"), ("reels", str(ana.id)), ("usertags", BRAND)]
    assert sources_of(transaction) == [("usertags", BRAND)]


def test_a_hint_makes_the_feed_due_at_once_and_is_credited(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    settled(transaction, "hashtag")
    instagram = FakeInstagram(hashtags={"여름휴가": [new_post(ana, now)]})

    source = look(transaction, "hashtag", instagram)

    assert source is not None
    known = yield_of(source.yielded, now=now)
    assert next_scan_of(transaction, ana.id) <= clock_of(transaction)
    assert (known.finds, known.finds_per_request) == (1, 1)
    # Found by a first look, so a third of the feed's gap was still to wait.
    assert known.gaps / known.weight == pytest.approx(3 * LATER / timedelta(hours=1), abs=0.1)
    assert source.next_look_at < now + SETTINGS.discovery_interval_max
    with transaction() as session:
        assert session.scalars(select(InstagramRequest.kind)).all() == [RequestKind.DISCOVERY]
        assert session.scalars(select(InfluencerPost)).all() == []


def test_the_hinted_feed_is_handed_out_whatever_it_was_planned_at_and_finds_the_post(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    set_feed(transaction, scan_price=1e-9)
    settled(transaction, "hashtag")
    post = new_post(ana, now, caption=f"#여름휴가 @{BRAND}")
    instagram = FakeInstagram({ana.pk: [post]}, hashtags={"여름휴가": [post]})
    look(transaction, "hashtag", instagram)
    claim = now + SETTINGS.scan_lease
    set_feed(transaction, scan_lease_until=claim)

    report = scan.scan_feed(transaction, instagram, ana.id, now=clock_of(transaction), settings=SETTINGS, claim=claim)

    assert report is not None
    assert report.new_posts == 1
    with transaction() as session:
        assert session.scalars(select(CampaignContent.instagram_media_pk)).all() == [post.media_pk]


@pytest.mark.parametrize("case", ["somebody else", "seen already", "read since", "feed fails", "co-author"])
def test_only_news_of_watched_people_hurry_a_feed(
    transaction: TransactionFactory, ana: Author, now: datetime, case: str
) -> None:
    settled(transaction, "hashtag")
    post = new_post(ana, now)
    if case == "somebody else":
        post = make_post(post.media_pk, taken_at=post.taken_at, owner_pk="999")
    elif case == "co-author":
        me = TaggedUser(ana.pk, "ana")
        post = replace(make_post(post.media_pk, taken_at=post.taken_at, owner_pk="999"), coauthors=(me,))
    elif case == "seen already":
        instagram = FakeInstagram({ana.pk: [post]})
        scan.scan_feed(transaction, instagram, ana.id, now=now, settings=SETTINGS)
        set_feed(transaction, next_scan_at=now + LATER, last_post_checked_at=now - timedelta(hours=1))
    elif case == "read since":
        post = new_post(ana, now, minutes=90)
    elif case == "feed fails":
        set_feed(transaction, scan_failures=2)

    source = look(transaction, "hashtag", FakeInstagram(hashtags={"여름휴가": [post]}))

    assert source is not None
    expected = 1 if case == "co-author" else 0
    assert yield_of(source.yielded, now=now).finds == expected
    assert (next_scan_of(transaction, ana.id) < now + LATER) == bool(expected)


def test_a_brands_name_is_resolved_once_and_its_tagged_posts_are_hints(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    settled(transaction, "usertags")
    instagram = FakeInstagram(
        profiles={BRAND: make_profile(BRAND, pk=BRAND_PK)}, tagged={BRAND_PK: [new_post(ana, now)]}
    )

    look(transaction, "usertags", instagram)
    look(transaction, "usertags", instagram)

    assert [(call.kind, call.target) for call in instagram.calls] == [("profile", BRAND), ("tagged", BRAND_PK)]
    assert next_scan_of(transaction, ana.id) <= clock_of(transaction)


def test_the_timeline_is_asked_of_its_own_account(transaction: TransactionFactory, ana: Author, now: datetime) -> None:
    settled(transaction, "timeline")
    saved_account(transaction, "other")

    look(transaction, "timeline", instagram := FakeInstagram(timelines={"reader": [new_post(ana, now)]}))

    assert [call.account for call in instagram.calls] == ["reader"]
    assert next_scan_of(transaction, ana.id) <= clock_of(transaction)


def test_reels_that_are_not_in_the_feed_are_kept_and_registered(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    settled(transaction, "reels")
    reel = new_post(ana, now, caption=f"#여름휴가 @{BRAND}", media_type=2, product_type="clips")
    instagram = FakeInstagram({ana.pk: [new_post(ana, now, number=2)]}, reels={ana.pk: [reel]})

    look(transaction, "reels", instagram)
    scan.scan_feed(transaction, instagram, ana.id, now=clock_of(transaction), settings=SETTINGS)

    with transaction() as session:
        [content] = session.scalars(select(CampaignContent)).all()
    assert content.instagram_media_pk == reel.media_pk
    assert content.last_on_page_at is None
    assert content.missing_since is None


def looked_earlier(transaction: TransactionFactory, by: timedelta) -> None:
    """Let the last look at every source have been so much earlier."""
    with transaction() as session:
        session.execute(update(DiscoverySource).values(looked_at=DiscoverySource.looked_at - by))


def test_only_reels_that_the_feed_was_read_after_and_did_not_show_are_finds(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    settled(transaction, "reels")
    old = [new_post(ana, now, minutes=60 * 24 * days, number=days) for days in range(1, 11)]
    first = look(transaction, "reels", FakeInstagram(reels={ana.pk: old}))
    looked_earlier(transaction, timedelta(hours=5))
    missed = new_post(ana, now, minutes=100, number=20)
    too_young = new_post(ana, now, minutes=30, number=21)

    second = look(transaction, "reels", FakeInstagram(reels={ana.pk: [too_young, missed, *old]}))
    third = look(transaction, "reels", FakeInstagram(reels={ana.pk: [too_young, missed, *old]}))

    assert first is not None
    assert second is not None
    assert third is not None
    assert [yield_of(row.yielded, now=now).finds for row in (first, second)] == [0, pytest.approx(1)]
    assert yield_of(third.yielded, now=now).finds == pytest.approx(1)
    with transaction() as session:
        assert len(session.scalars(select(InfluencerPost)).all()) == 12


def test_two_posts_of_one_author_are_two_finds_and_one_hurry(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    settled(transaction, "hashtag")
    posts = [new_post(ana, now, number=1), new_post(ana, now, number=2)]

    source = look(transaction, "hashtag", FakeInstagram(hashtags={"여름휴가": posts}))

    assert source is not None
    assert yield_of(source.yielded, now=now).finds == 2


@pytest.mark.usefixtures("ana")
def test_a_message_that_comes_twice_asks_once(transaction: TransactionFactory) -> None:
    settled(transaction, "hashtag")
    instagram = FakeInstagram()
    with transaction() as session:
        source_id = session.scalars(select(DiscoverySource.id)).one()

    for _ in range(2):
        discovery.look_at_source(transaction, instagram, instagram, source_id, settings=SETTINGS)

    assert len(instagram.calls) == 1


def test_a_place_that_costs_an_account_rests_with_all_of_its_kind(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    for number in range(3):
        saved_account(transaction, f"other{number}")
    with transaction() as session:
        session.get_one(Campaign, ana.campaign_id).required_hashtags = ["여름휴가", "바다"]
    settled(transaction, "hashtag", "usertags")
    failing = FakeInstagram(failure=AccountNeedsHuman("login_required", http_status=403))
    with transaction() as session:
        [first, second] = session.scalars(
            select(DiscoverySource.id).where(DiscoverySource.kind == DiscoveryKind.HASHTAG)
        ).all()

    for source_id in (first, second):
        discovery.look_at_source(transaction, failing, failing, source_id, settings=SETTINGS)

    with transaction() as session:
        due = {row.kind: row.next_look_at for row in session.scalars(select(DiscoverySource))}
    assert len(failing.calls) == 1
    assert due[DiscoveryKind.HASHTAG] > now + timedelta(hours=23)
    assert due[DiscoveryKind.USERTAGS] <= clock_of(transaction)
    assert next_scan_of(transaction, ana.id) == now + LATER


@pytest.mark.usefixtures("ana")
def test_sources_take_a_quarter_of_what_the_pool_can_send(transaction: TransactionFactory) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(required_hashtags=[f"태그{number}" for number in range(40)]))
    settled(transaction, "hashtag")
    settings = SETTINGS.model_copy(update={"requests_per_minute": 20})

    with transaction() as session:
        claimed = discovery.claim_sources(session, now=clock_of(transaction), settings=settings)

    assert 1 <= len(claimed) <= 20 / 4


@pytest.mark.usefixtures("ana")
def test_new_tabs_of_reels_are_not_due_at_one_moment(transaction: TransactionFactory, now: datetime) -> None:
    for number in range(20):
        saved_author(transaction, f"author{number}", required_hashtags=["여름휴가"])
    settled(transaction, "reels", "hashtag")

    with transaction() as session:
        rows = session.scalars(select(DiscoverySource)).all()

    due = [row.next_look_at - now for row in rows if row.kind is DiscoveryKind.REELS]
    assert len(due) == 21
    assert max(due) - min(due) > timedelta(hours=3)
    assert max(due) < timedelta(hours=13)


@pytest.mark.usefixtures("ana")
def test_a_source_that_brings_nothing_rests_for_the_longest_time(
    transaction: TransactionFactory, now: datetime
) -> None:
    settled(transaction, "hashtag")
    instagram = FakeInstagram()
    with transaction() as session:
        session.execute(
            update(DiscoverySource).values(
                yielded={
                    "learned_until": (now - timedelta(days=3)).isoformat(),
                    "requests": 10,
                    "finds": 0,
                    "weight": 0,
                    "gaps": 0,
                    "hours": 90,
                }
            )
        )

    source = look(transaction, "hashtag", instagram)

    assert source is not None
    assert source.next_look_at - now >= SETTINGS.discovery_interval_max


def test_a_source_that_fails_rests_and_the_feeds_go_on(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    settled(transaction, "hashtag")
    failing = FakeInstagram(failures={"여름휴가": TransientFailure("server_error", http_status=500)})

    first, second = (look(transaction, "hashtag", failing) for _ in range(2))

    assert first is not None
    assert second is not None
    assert (second.failures, second.last_error) == (1, "server_error (HTTP 500)")
    assert second.next_look_at > clock_of(transaction)
    assert next_scan_of(transaction, ana.id) == now + LATER


def test_a_source_that_breaks_our_code_rests_as_well(transaction: TransactionFactory, ana: Author) -> None:
    settled(transaction, "hashtag")
    odd = make_post("1", owner_pk=ana.pk)
    odd = replace(odd, taken_at=odd.taken_at.replace(tzinfo=None))

    with pytest.raises(TypeError):
        look(transaction, "hashtag", FakeInstagram(hashtags={"여름휴가": [odd]}))

    with transaction() as session:
        source = session.scalars(select(DiscoverySource)).one()
    assert (source.failures, source.last_error) == (1, "unexpected TypeError")
    assert source.next_look_at > clock_of(transaction)


def test_a_namesake_on_another_platform_is_not_hurried(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    settled(transaction, "hashtag")
    set_feed(transaction, platform=Platform.TIKTOK)

    look(transaction, "hashtag", FakeInstagram(hashtags={"여름휴가": [new_post(ana, now)]}))

    assert next_scan_of(transaction, ana.id) == now + LATER


def test_a_mention_that_meta_told_of_is_looked_at_once(
    transaction: TransactionFactory, ana: Author, now: datetime
) -> None:
    account_id = saved_account(transaction, BRAND, provider="graph")
    post = replace(new_post(ana, now), owner_pk="", owner_username="Ana")
    with transaction() as session:
        session.add(DiscoverySource(kind=DiscoveryKind.MENTION, key="179", account_id=account_id))

    row = look(transaction, "mention", FakeInstagram(name="graph", mentioned={"179": post}))

    assert row is None
    assert next_scan_of(transaction, ana.id) <= clock_of(transaction)


def test_nobody_is_asked_about_a_mention_of_an_unknown_brand(transaction: TransactionFactory, now: datetime) -> None:
    with transaction() as session:
        is_new = mentions.note_mention(session, ig_user_id="17841400000000000", media_id="179", now=now)

    assert not is_new
    assert sources_of(transaction) == []


@pytest.mark.usefixtures("ana")
def test_due_sources_are_claimed_once(transaction: TransactionFactory) -> None:
    settled(transaction, "hashtag", "usertags")

    with transaction() as session:
        first = discovery.claim_sources(session, now=clock_of(transaction), settings=SETTINGS)
        second = discovery.claim_sources(session, now=clock_of(transaction), settings=SETTINGS)
        without = discovery.claim_sources(session, now=clock_of(transaction) + timedelta(days=1), settings=FAST)

    assert (len(first), len(second), len(without)) == (2, 0, 0)


@pytest.mark.usefixtures("ana")
def test_no_more_sources_are_claimed_than_the_api_that_they_ask_can_send(transaction: TransactionFactory) -> None:
    token_id = saved_account(transaction, BRAND, provider="graph")
    set_accounts_aside(transaction)
    settled(transaction, "hashtag", "usertags")
    with transaction() as session:
        session.add(DiscoverySource(kind=DiscoveryKind.MENTION, key="179", account_id=token_id))

    with transaction() as session:
        claimed = discovery.claim_sources(session, now=clock_of(transaction), settings=SETTINGS)
        kinds = session.scalars(select(DiscoverySource.kind).where(DiscoverySource.id.in_(claimed))).all()

    assert kinds == [DiscoveryKind.MENTION]
