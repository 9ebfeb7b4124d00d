"""Discovery in a sandbox world with the real clients: a source sees a post before the feed's turn comes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.core.config import Settings
from app.core.db import TransactionFactory, database_now
from app.instagram.graph_provider import GraphProvider
from app.instagram.instagrapi_provider import InstagrapiProvider
from app.models import (
    CampaignContent,
    DiscoverySource,
    Influencer,
    InfluencerPost,
    InstagramAccount,
    InstagramRequest,
    Notification,
)
from app.models.states import AccountStatus, DiscoveryKind, Existence, NotificationEvent, RequestKind
from app.monitoring import discovery, mentions, plan, scan
from app.runtime.demo import seed
from app.scheduling import account_changes, discovery_sources
from app.scheduling.discovery import yield_of
from tests.sandbox_process import SandboxClient, running_sandbox

SPACING = "0.02"


@dataclass
class Scene:
    """Every feed was read just now and is due in three hours; nothing happens but what a test does."""

    transaction: TransactionFactory
    sandbox: SandboxClient
    cast: Mapping[str, Any]
    settings: Settings
    reader: InstagrapiProvider
    official: GraphProvider

    def discover(self, *kinds: str) -> int:
        """Do what the tasks do, once; return how many sources were looked at."""
        settings = self.settings.model_copy(update={"discovery_sources": kinds})
        with self.transaction() as session:
            discovery_sources.settle_sources(
                session, [DiscoveryKind(kind) for kind in kinds], now=database_now(), grace=settings.scan_grace
            )
            session.execute(
                update(DiscoverySource)
                .where(DiscoverySource.looked_at.is_(None), DiscoverySource.failures == 0)
                .values(next_look_at=database_now())
            )
        looks = 0
        while True:
            with self.transaction() as session:
                claimed = discovery.claim_sources(session, now=database_now(), settings=settings)
            for source_id in claimed:
                discovery.look_at_source(self.transaction, self.reader, self.official, source_id, settings=settings)
            looks += len(claimed)
            if not claimed:
                return looks

    def scan_due(self) -> list[str]:
        """Scan the feeds that are due, and return whose they are."""
        with self.transaction() as session:
            feeds = plan.claim_feeds(session, now=database_now(), settings=self.settings)
        names = []
        for feed in feeds:
            report = scan.scan_feed(
                self.transaction,
                self.reader,
                feed.influencer_id,
                now=database_now(),
                settings=self.settings,
                claim=feed.claim,
            )
            assert report is not None
            names.append(report.username)
        return names

    def times_registered(self, post: Mapping[str, Any]) -> int:
        with self.transaction() as session:
            return len(
                session.scalars(
                    select(CampaignContent.id).where(CampaignContent.instagram_media_pk == post["media_pk"])
                ).all()
            )

    def requests(self, kind: RequestKind) -> int:
        with self.transaction() as session:
            return len(session.scalars(select(InstagramRequest.id).where(InstagramRequest.kind == kind)).all())

    def pretend_all_read(self, *, due_in: timedelta) -> None:
        now = database_now()
        with self.transaction() as session:
            session.execute(
                update(Influencer).values(next_scan_at=now + due_in, last_post_checked_at=now, scan_price=0.01)
            )


@pytest.fixture
def scene(own_database: TransactionFactory, tmp_path: Path) -> Iterator[Scene]:
    with running_sandbox(tmp_path, speed=0, options=("--spacing", SPACING, "--influencers", "6")) as sandbox:
        cast = sandbox.cast()
        seed(cast)
        settings = Settings(
            request_spacing=timedelta(seconds=float(SPACING)),
            request_jitter=timedelta(milliseconds=1),
            requests_per_minute=1000,
            instagram_ca_file=Path(sandbox.ca_file),
        )
        reader, official = (
            kind(timeout=settings.request_timeout, ca_file=settings.instagram_ca_file)
            for kind in (InstagrapiProvider, GraphProvider)
        )
        assert isinstance(reader, InstagrapiProvider)
        assert isinstance(official, GraphProvider)
        made = Scene(own_database, sandbox, cast, settings, reader, official)
        while made.scan_due():
            pass  # a first walk goes on until the campaign's start is reached
        made.pretend_all_read(due_in=timedelta(hours=3))
        yield made
        reader.close()


def registered_by_its_feed(scene: Scene, post: Mapping[str, Any], *kinds: str) -> tuple[int, list[str], int]:
    """Discover, scan, discover again; return how often the post was registered, who was scanned, feed requests."""
    assert scene.scan_due() == []
    before = scene.requests(RequestKind.FEED)
    scene.discover(*kinds)
    scanned = scene.scan_due()
    due_again(scene)
    scene.discover(*kinds)
    assert scene.scan_due() == []
    return scene.times_registered(post), scanned, scene.requests(RequestKind.FEED) - before


def due_again(scene: Scene) -> None:
    with scene.transaction() as session:
        session.execute(update(DiscoverySource).values(next_look_at=database_now() - timedelta(seconds=1)))


@pytest.mark.parametrize("kind", ["usertags", "hashtag", "timeline"])
def test_a_source_sees_a_post_hours_before_its_feed_is_due_and_the_feed_registers_it_once(
    scene: Scene, kind: str
) -> None:
    campaign = next(campaign for campaign in scene.cast["campaigns"] if campaign["required_mentions"])
    brand = campaign["required_mentions"][0].removeprefix("@")
    author = campaign["influencers"][0]
    post = scene.sandbox.publish(author, campaign=campaign["title"], usertags=[brand])

    times, scanned, feed_requests = registered_by_its_feed(scene, post, kind)

    expected = len(post["matches"])
    assert expected >= 1
    assert times == expected
    assert scanned == [author]
    assert feed_requests == 1
    with scene.transaction() as session:
        seen = session.scalars(select(InfluencerPost).where(InfluencerPost.media_pk == post["media_pk"])).one()
        found = [yield_of(row.yielded, now=database_now()).finds for row in session.scalars(select(DiscoverySource))]
        told = session.scalars(
            select(Notification.id).where(Notification.event == NotificationEvent.CONTENT_REGISTERED)
        ).all()
    assert seen.first_seen_at - seen.taken_at < timedelta(minutes=5)
    assert sum(found) == pytest.approx(1, rel=1e-3)
    assert len(told) == len({*told}) >= expected
    assert scene.sandbox.violations()["total"] == 0


def test_a_reel_off_the_grid_is_found_by_the_reels_tab_alone_and_stays_present(scene: Scene) -> None:
    campaign = next(campaign for campaign in scene.cast["campaigns"] if campaign["content_type"] == "reel")
    author = campaign["influencers"][0]
    scene.discover("reels")
    scene.pretend_all_read(due_in=timedelta(hours=-1))
    post = scene.sandbox.publish(author, campaign=campaign["title"], kind="reel", is_on_grid=False)
    scene.scan_due()
    by_feed = scene.times_registered(post)

    due_again(scene)
    scene.discover("reels")
    by_tab = scene.times_registered(post)
    scene.pretend_all_read(due_in=timedelta(hours=-1))
    scene.scan_due()

    assert by_feed == 0
    assert by_tab == len(post["matches"]) >= 1
    assert scene.times_registered(post) == by_tab
    with scene.transaction() as session:
        states = session.scalars(
            select(CampaignContent.existence).where(CampaignContent.instagram_media_pk == post["media_pk"])
        ).all()
    assert set(states) == {Existence.PRESENT}


@pytest.mark.parametrize("kind", ["tags", "mention"])
def test_a_connected_brand_tells_of_posts_about_it(scene: Scene, kind: str) -> None:
    campaign = next(campaign for campaign in scene.cast["campaigns"] if campaign["required_mentions"])
    brand = campaign["required_mentions"][0].removeprefix("@")
    author = campaign["influencers"][0]
    token = next(token for token in scene.cast["brand_tokens"] if token["username"] == brand)
    with scene.transaction() as session:
        account = account_changes.add_account(
            session,
            token["username"],
            provider="graph",
            wishes=account_changes.Wishes(proxy=token["proxy"]),
            now=database_now(),
        )
        account_changes.store_session(session, account, token["settings"])
    post = scene.sandbox.publish(author, caption=f"@{brand} 감사합니다", usertags=[brand])
    if kind == "mention":
        with scene.transaction() as session:
            assert mentions.note_mention(
                session,
                ig_user_id=token["settings"]["ig_user_id"],
                media_id=post["graph_id"],
                now=database_now(),
            )

    looks = scene.discover(*(["tags"] if kind == "tags" else []))
    scanned = scene.scan_due()

    assert looks == 1
    assert scanned == [author]


def test_switched_off_no_request_is_sent(scene: Scene) -> None:
    scene.sandbox.publish(campaign=scene.cast["campaigns"][0]["title"])
    before = len(scene.sandbox.requests())

    looks = scene.discover()

    assert looks == 0
    assert len(scene.sandbox.requests()) == before
    assert scene.scan_due() == []


def test_a_source_that_fails_rests_while_every_feed_is_read(scene: Scene) -> None:
    scene.sandbox.add_fault("5xx", count=1000, endpoint="hashtag")
    scene.discover("hashtag")
    asked = scene.requests(RequestKind.DISCOVERY)
    # The accounts rest a moment after a server error; it is the source that must not be asked again and again.
    with scene.transaction() as session:
        session.execute(update(InstagramAccount).values(cooldown_until=None, status=AccountStatus.ACTIVE))
        rests = [
            row.next_look_at - database_now() for row in session.scalars(select(DiscoverySource)) if row.failures == 1
        ]
    scene.pretend_all_read(due_in=timedelta(hours=-1))

    scanned = scene.scan_due()

    assert asked == len(rests) >= 1
    assert all(rest > timedelta(minutes=9) for rest in rests)
    assert sorted(scanned) == sorted(influencer["username"] for influencer in scene.cast["influencers"])
