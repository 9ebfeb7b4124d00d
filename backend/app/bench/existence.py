"""`tagbuy bench existence`: removals in a world of lies, over virtual weeks, against the ground truth.

Every fault that is known to look like a removal is on: outages of all accounts, 404 pages from a proxy, accounts that
are quietly blocked, an endpoint that says "not found" of everything, an author who blocked one account, authors who go
private and come back, posts that are archived and restored, posts pushed off the first page, broken pages, challenges.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import update

from app.bench.removal_figures import Figures, compare
from app.bench.troublemaker import Troublemaker
from app.bench.virtual_world import InProcessInstagram, VirtualClock, VirtualSimulation, fast_settings, seed_database
from app.core.db import transaction
from app.instagram.errors import InstagramError, PermitRefused
from app.models import InstagramAccount
from app.models.states import AccountStatus
from app.monitoring import lookups, plan, scan, sync_profile, verify_existence
from app.monitoring.requests import NoAccountFree
from app.sandbox.cast import WorldSize
from app.scheduling.due_feeds import ClaimedFeed

START = datetime(2026, 4, 10, 6, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scenario:
    """How large and how long."""

    influencers: int = 30
    campaigns: int = 6
    accounts: int = 6
    days: int = 14
    tick: timedelta = timedelta(minutes=10)
    scan_interval: timedelta | None = timedelta(minutes=60)
    """None: the production policy decides."""
    history_days: int = 10
    posts_per_day: float = 1.0
    """Of a median influencer."""
    seed: int = 5


class World:
    """The monitor and the world it watches, on one clock."""

    def __init__(self, scenario: Scenario, directory: Path) -> None:
        self.scenario = scenario
        self.clock = VirtualClock(START)
        size = WorldSize(
            scenario.influencers,
            scenario.campaigns,
            scenario.accounts,
            history_days=scenario.history_days,
            posts_per_day=scenario.posts_per_day,
        )
        self.simulation = VirtualSimulation(directory, self.clock, seed=scenario.seed, size=size)
        self.instagram = InProcessInstagram(self.simulation, self.clock, directory, seed=scenario.seed)
        self.settings = fast_settings(scan_interval=scenario.scan_interval, scan_backoff=timedelta(minutes=5))
        seed_database(self.simulation, now=START)

    def tick(self) -> None:
        """Do what Beat and the workers do in one tick, one task after the other."""
        self.scan_feeds()
        self.check_contents()
        self.sample_contents()

    def scan_feeds(self) -> None:
        """Scan the feeds that are due."""
        with transaction() as session:
            plan.tune_price(session, now=self.clock.now(), settings=self.settings)
            feeds = plan.claim_feeds(session, now=self.clock.now(), settings=self.settings)
        for feed in feeds:
            self._scan(feed.influencer_id, feed)

    def check_contents(self) -> None:
        """Prove the contents whose proof of existence is stale."""
        with transaction() as session:
            checks = lookups.claim_checks(session, now=self.clock.now(), settings=self.settings)
        for influencer_id in checks.influencer_ids:
            self._scan(influencer_id, None)
        for content_id in checks.content_ids:
            verify_existence.verify_content(transaction, self.instagram, content_id, settings=self.settings)

    def sample_contents(self) -> None:
        """Look at the contents whose sample is due and that no page will show."""
        with transaction() as session:
            samples = lookups.claim_samples(session, now=self.clock.now(), settings=self.settings)
        for influencer_id in samples.influencer_ids:
            self._scan(influencer_id, None)
        for content_id in samples.content_ids:
            self._collect(content_id)

    def sync_profiles(self) -> None:
        """Read the profiles that are due."""
        with transaction() as session:
            influencer_ids = sync_profile.claim_profiles(session, now=self.clock.now(), settings=self.settings)
        for influencer_id in influencer_ids:
            sync_profile.sync_profile(transaction, self.instagram, influencer_id, settings=self.settings)

    def _scan(self, influencer_id: UUID, feed: ClaimedFeed | None) -> None:
        scan.scan_feed(
            transaction,
            self.instagram,
            influencer_id,
            now=self.clock.now(),
            settings=self.settings,
            claim=feed.claim if feed else None,
        )

    def _collect(self, content_id: UUID) -> None:
        try:
            lookups.look_at_content(transaction, self.instagram, content_id, settings=self.settings)
        except (InstagramError, NoAccountFree, PermitRefused):
            return  # as the task does: the row is due again when its lease ends

    def revive_accounts(self) -> None:
        """Do what an operator does twice a day: log accounts in again that were set aside."""
        with transaction() as session:
            session.execute(
                update(InstagramAccount)
                .where(InstagramAccount.status == AccountStatus.NEEDS_HUMAN)
                .values(status=AccountStatus.ACTIVE, cooldown_until=None, error_count=0)
            )

    def close(self) -> None:
        """Let go of files and connections."""
        self.instagram.close()
        self.simulation.close()
        self.clock.close()


def measure_existence(scenario: Scenario, directory: Path) -> Figures:
    """Run the scenario in the database of the settings, which must be its own, and compare with the truth."""
    world = World(scenario, directory)
    try:
        _run(world)
        return compare(world.simulation.world, world.instagram.faults.rules(), now=world.clock.now())
    finally:
        world.close()


def _run(world: World) -> None:
    troublemaker = Troublemaker(world.simulation, world.instagram.faults, world.clock, seed=world.scenario.seed)
    end = START + world.scenario.days * timedelta(days=1)
    at, hour = START, 0
    while at < end:
        world.tick()
        at += world.scenario.tick
        world.clock.move_to(at)
        if at >= START + hour * timedelta(hours=1):
            if hour >= 24:  # the first day is peaceful, so that there is something to lose
                troublemaker.stir(hour)
                if hour % 12 == 0:
                    world.revive_accounts()
            hour += 1
