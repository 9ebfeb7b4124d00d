"""What happens in a bad month, by a seeded timetable: faults that look like removals, and true removals among them."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.bench.virtual_world import VirtualClock, VirtualSimulation
from app.core.db import transaction
from app.models import CampaignContent
from app.sandbox.faults import Faults
from app.sandbox.posts import Post


class Troublemaker:
    """Does to the world what happens in a bad month, by a seeded timetable."""

    def __init__(self, simulation: VirtualSimulation, faults: Faults, clock: VirtualClock, *, seed: int) -> None:
        self._simulation = simulation
        self._faults = faults
        self._clock = clock
        self._private: dict[str, datetime] = {}
        self._rng = random.Random(f"trouble {seed}")  # noqa: S311 - repeatable
        self._readers = [reader.username for reader in simulation.world.cast.readers]
        now = clock.now().timestamp()
        for kind, probability in (("truncated", 0.004), ("drifted", 0.01), ("empty_page", 0.004), ("no_items", 0.004)):
            faults.add({"kind": kind, "probability": probability}, now=now)
        for kind, probability in (("5xx", 0.004), ("html", 0.003), ("not_found_page", 0.01), ("429", 0.001)):
            faults.add({"kind": kind, "probability": probability}, now=now)
        for kind, probability in (("challenge", 0.0002), ("masked_challenge", 0.0003), ("feedback", 0.0001)):
            faults.add({"kind": kind, "probability": probability}, now=now)
        for endpoint in ("media", "profile"):  # lies without a reason, as often as the first simulation assumed
            kind = "media_not_found" if endpoint == "media" else "user_not_found"
            faults.add({"kind": kind, "endpoint": endpoint, "probability": 0.002}, now=now)

    def stir(self, hour: int) -> None:
        """Begin what begins in this hour since the start."""
        if hour % 72 == 20:
            self._block_quietly(self._rng.choice(self._readers), hours=2, probability=0.6)
        if hour % 120 == 50:
            self._fault("5xx", hours=5)
        if hour % 168 == 100:
            self._fault("media_not_found", hours=6, endpoint="media")
        if hour % 96 == 70:
            self._fault("not_found_page", hours=12, account=self._rng.choice(self._readers))
        if hour % 168 == 30:
            self._block_by_author(self._rng.choice(self._readers))
        if hour % 48 == 10:
            self._go_private(days=self._rng.uniform(0.3, 4))
        if hour % 12 == 5:
            self._remove_something()
        if hour % 24 == 7:
            self._push_off()
        self._end_privacy()

    def _fault(self, kind: str, *, hours: float, **where: Any) -> None:
        rule = {"kind": kind, "seconds": hours * 3600, **where}
        self._faults.add(rule, now=self._clock.now().timestamp())

    def _block_quietly(self, account: str, *, hours: float, probability: float) -> None:
        """Let an account be told of most things that they are not there."""
        self._fault("media_not_found", hours=hours, endpoint="media", account=account, probability=probability)
        self._fault("user_not_found", hours=hours, endpoint="profile", account=account, probability=probability)
        self._fault("empty_page", hours=hours, account=account, probability=probability)

    def _block_by_author(self, account: str) -> None:
        """Let an author block an account: for it, the author and their posts are not there."""
        posts = self._registered_posts()
        if not posts:
            return
        author = self._rng.choice(posts).influencer
        self._fault("user_not_found", hours=100, account=account, target=str(author.person.pk))
        for post in posts:
            if post.influencer is author:
                self._fault("media_not_found", hours=100, account=account, target=str(post.media_pk))

    def _go_private(self, *, days: float) -> None:
        username = self._rng.choice(self._simulation.world.cast.influencers).username
        self._simulation.perform("private", {"username": username})
        self._private[username] = self._clock.now() + timedelta(days=days)

    def _end_privacy(self) -> None:
        now = self._clock.now()
        for username in [name for name, until in self._private.items() if until <= now]:
            del self._private[username]
            self._simulation.perform("public", {"username": username})

    def _remove_something(self) -> None:
        """Remove, or archive, a registered post of any age; archived ones come back after a while, or never."""
        visible = [post for post in self._registered_posts() if post.absence is None]
        if visible:
            post = self._rng.choice(visible)
            verb = self._rng.choice(("remove", "archive"))
            self._simulation.perform(verb, {"media_pk": str(post.media_pk)})
        archived = [
            post
            for post in self._registered_posts()
            if post.absence and post.absence.reason == "archived" and self._rng.random() < 0.15
        ]
        for post in archived:
            self._simulation.perform("restore", {"media_pk": str(post.media_pk)})

    def _push_off(self) -> None:
        username = self._rng.choice(self._simulation.world.cast.influencers).username
        for number in range(14):
            self._simulation.perform(
                "publish", {"username": username, "caption": f"오늘의 기록 {number}", "carries": [], "kind": "PHOTO"}
            )

    def _registered_posts(self) -> Sequence[Post]:
        with transaction() as session:
            media_pks = session.scalars(select(CampaignContent.instagram_media_pk).distinct()).all()
        posts = self._simulation.world.posts
        return [posts[int(media_pk)] for media_pk in sorted(media_pks)]
