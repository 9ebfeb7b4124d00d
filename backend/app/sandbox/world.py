"""The world: what has happened up to an instant, and what can be seen then."""

import heapq
import random
import zlib
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.core.clock import kst_date, kst_day_start
from app.core.errors import InvalidInput, NotFound
from app.sandbox import captions
from app.sandbox.captions import Draft, Intention
from app.sandbox.clock import WorldClock
from app.sandbox.counts import draw_growth
from app.sandbox.people import Campaign, Cast, Influencer, Kind, Person
from app.sandbox.plans import PlannedPost, Planner, day_after
from app.sandbox.posts import Absence, Post, Revision, media_pk_at


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post that somebody publishes by hand."""

    username: str
    kind: Kind
    draft: Draft
    intention: str = "manual"
    tagged: tuple[Person, ...] = ()
    is_collab_with: Person | None = None
    is_pinned: bool = False
    is_like_hidden: bool | None = None
    is_on_grid: bool = True


class World:
    """People and their posts. Time moves only by `advance`, always forward; all arguments are wall seconds."""

    def __init__(self, cast: Cast, clock: WorldClock, *, seed: int, history_days: int) -> None:
        self.cast = cast
        self.clock = clock
        self.seed = seed
        self.now = 0.0
        self.posts: dict[int, Post] = {}
        self._influencers = {influencer.username: influencer for influencer in cast.influencers}
        self._people = {person.pk: person for person in self._everybody()}
        self._names = {person.username: person for person in self._people.values()}
        self._feeds: dict[int, list[Post]] = {person.pk: [] for person in self._people.values()}
        self._privacy: dict[int, list[Absence]] = {}
        self._posts_by_key: dict[str, Post] = {}
        self._planner = Planner(cast, seed=seed)
        self._pending: list[tuple[float, str, str, PlannedPost | Influencer]] = []
        first_moment = datetime.fromtimestamp(clock.started_at, UTC)
        self._start_day = kst_date(first_moment)
        self._next_day = kst_date(first_moment - timedelta(days=history_days))
        for plan in self._planner.plan_past(clock.started_at, history_days=history_days):
            self._schedule(plan.world_time, plan.key, "publish", plan)

    def advance(self, now: float) -> None:
        """Let everything happen that is due until `now`."""
        self.now = max(self.now, now)
        horizon = self.clock.world_at(self.now)
        while kst_day_start(self._next_day).timestamp() <= horizon:
            self._plan_next_day()
        while self._pending and self._pending[0][0] <= horizon:
            world_time, _, verb, subject = heapq.heappop(self._pending)
            wall = self.clock.wall_at(world_time)
            self._happen(verb, subject, world_time, self.now if wall is None else wall)

    def person(self, *, pk: int | None = None, username: str | None = None) -> Person | None:
        """Return an account by id or by name."""
        return self._people.get(pk) if pk is not None else self._names.get(username or "")

    def influencer(self, username: str) -> Influencer:
        """Return an influencer.

        Raises:
            NotFound: nobody has that name.
        """
        try:
            return self._influencers[username]
        except KeyError:
            raise NotFound(f"No influencer is called {username!r}; GET /cast lists them") from None

    def post(self, media_pk: int) -> Post:
        """Return a post, also a removed one.

        Raises:
            NotFound: there is none with that id.
        """
        try:
            return self.posts[media_pk]
        except KeyError:
            raise NotFound(f"No post has the id {media_pk}; GET /truth lists them") from None

    def named_person(self, username: str) -> Person:
        """Return an account by name.

        Raises:
            NotFound: nobody has that name.
        """
        try:
            return self._names[username]
        except KeyError:
            raise NotFound(f"No account is called {username!r}; GET /cast lists the influencers") from None

    def is_private(self, person: Person) -> bool:
        """Say whether the account is private now."""
        spans = self._privacy.get(person.pk, [])
        return bool(spans) and spans[-1].until is None

    def privacy_of(self, person: Person) -> Sequence[Absence]:
        """Return the spans in which the account was private."""
        return self._privacy.get(person.pk, ())

    def is_visible(self, post: Post) -> bool:
        """Say whether a stranger can see the post now."""
        return post.absence is None and not self.is_private(post.influencer.person)

    def posts_of(self, person: Person) -> list[Post]:
        """Return what the profile has now, oldest first."""
        return [post for post in self._feeds[person.pk] if post.absence is None]

    def feed(self, person: Person, *, before_pk: int | None, count: int) -> tuple[list[Post], bool]:
        """Return a page of the profile's grid, pinned posts first, and whether there are older posts."""
        visible = [post for post in self.posts_of(person) if post.is_on_grid]
        pinned = [post for post in visible if post.is_pinned and post.influencer.person.pk == person.pk]
        timeline = [post for post in reversed(visible) if post not in pinned]
        if before_pk is not None:
            timeline, pinned = [post for post in timeline if post.media_pk < before_pk], []
        page = (pinned + timeline)[:count]
        return page, len(pinned) + len(timeline) > count

    def own_posts(self, person: Person, *, before_pk: int | None, count: int) -> tuple[list[Post], bool]:
        """Return what the account itself published, newest first and pins in their place, and whether that ends it."""
        visible = [post for post in reversed(self.posts_of(person)) if post.is_on_grid and post.owner is person]
        older = [post for post in visible if before_pk is None or post.media_pk < before_pk]
        return older[:count], len(older) <= count

    def media_count(self, person: Person) -> int:
        """Return the number of posts that the profile shows."""
        return len(self.posts_of(person))

    def age_hours(self, post: Post) -> float:
        """Return the age that counts for growth, in world hours."""
        return (self.clock.world_at(self.now) - post.world_time) / 3600

    def campaign(self, title: str) -> Campaign:
        """Return a campaign by its title.

        Raises:
            NotFound: no campaign is called so.
        """
        found = next((campaign for campaign in self.cast.campaigns if campaign.title == title), None)
        if found is None:
            raise NotFound(f"No campaign is called {title!r}; GET /cast lists them")
        return found

    def publish(self, new: NewPost, *, at: float) -> Post:
        """Publish a post at this instant."""
        influencer = self.influencer(new.username)
        number = sum(key.startswith("manual/") for key in self._posts_by_key)
        plan = PlannedPost(
            f"manual/{number}",
            self.clock.world_at(at),
            influencer,
            new.kind,
            Intention.UNRELATED,
            is_pinned=new.is_pinned,
        )
        post = self._make_post(plan, new.draft, at)
        post.intention, post.tagged, post.is_on_grid = new.intention, new.tagged, new.is_on_grid
        if new.is_collab_with is not None:
            post.owner = new.is_collab_with
        if new.is_like_hidden is not None:
            post.growth = replace(post.growth, hidden_like_count=3 if new.is_like_hidden else None)
        self._list(post)
        return post

    def edit(self, post: Post, draft: Draft, *, at: float) -> None:
        """Give the post another caption."""
        post.revisions.append(Revision(at, draft.text, draft.carries))

    def hide(self, post: Post, reason: str, *, at: float) -> None:
        """Remove or archive the post.

        Raises:
            InvalidInput: it is hidden already.
        """
        if post.absence is not None:
            raise InvalidInput(f"Post {post.media_pk} is {post.absence.reason} already")
        post.absences.append(Absence(at, None, reason))

    def restore(self, post: Post, *, at: float) -> None:
        """Show an archived post again.

        Raises:
            InvalidInput: it is visible, or was removed for good.
        """
        if post.absence is None or post.absence.reason == "removed":
            raise InvalidInput(f"Post {post.media_pk} is not archived; only an archived post can be restored")
        post.absence.until = at

    def set_private(self, person: Person, is_private: bool, *, at: float) -> None:
        """Make the account private or public; nothing changes where it is so already."""
        if is_private == self.is_private(person):
            return
        if is_private:
            self._privacy.setdefault(person.pk, []).append(Absence(at, None, "private"))
        else:
            self._privacy[person.pk][-1].until = at

    def _everybody(self) -> list[Person]:
        brands = {campaign.brand.pk: campaign.brand for campaign in self.cast.campaigns}
        return [influencer.person for influencer in self.cast.influencers] + [*self.cast.friends, *brands.values()]

    def _schedule(self, world_time: float, key: str, verb: str, subject: PlannedPost | Influencer) -> None:
        heapq.heappush(self._pending, (world_time, f"{key} {verb}", verb, subject))

    def _plan_next_day(self) -> None:
        day, self._next_day = self._next_day, day_after(self._next_day)
        for plan in self._planner.plan_day(day):
            self._schedule(plan.world_time, plan.key, "publish", plan)
        if day <= self._start_day:
            return
        for span in self._planner.plan_privacy(day):
            self._schedule(span.world_time, f"{day}/{span.influencer.username}", "private", span.influencer)
            self._schedule(span.until, f"{day}/{span.influencer.username}", "public", span.influencer)

    def _happen(self, verb: str, subject: PlannedPost | Influencer, world_time: float, wall: float) -> None:
        if isinstance(subject, Influencer):
            self.set_private(subject.person, verb == "private", at=wall)
        elif verb == "publish":
            self._publish_planned(subject, world_time, wall)
        else:
            self._change(verb, subject, wall)

    def _publish_planned(self, plan: PlannedPost, world_time: float, wall: float) -> None:
        rng = random.Random(f"post {self.seed} {plan.key}")
        if plan.campaign is None:
            draft = captions.compose_unrelated(rng, plan.influencer.habit)
        else:
            draft = captions.compose(rng, plan.influencer.habit, plan.campaign, plan.intention, also=plan.also)
        post = self._make_post(plan, draft, wall)
        if plan.campaign is not None:
            self._decorate(rng, post, plan, plan.campaign)
        elif rng.random() < 0.2 and self.cast.friends:
            post.tagged = (rng.choice(self.cast.friends),)
        self._list(post)
        for delay, verb in plan.later:
            self._schedule(world_time + delay, plan.key, verb, plan)

    def _decorate(self, rng: random.Random, post: Post, plan: PlannedPost, campaign: Campaign) -> None:
        """Add what goes with a sponsored post; the brand is tagged only where the caption has its mention anyway."""
        if plan.intention is not Intention.SATISFIES:
            return
        if rng.random() < 0.5:
            post.tagged = (campaign.brand,)
        if rng.random() < 0.25:
            post.is_paid_partnership, post.sponsor = True, campaign.brand
        if plan.is_collab:
            post.owner = campaign.brand

    def _make_post(self, plan: PlannedPost, draft: Draft, wall: float) -> Post:
        rng = random.Random(f"growth {self.seed} {plan.key}")
        return Post(
            key=plan.key,
            influencer=plan.influencer,
            owner=plan.influencer.person,
            kind=plan.kind,
            media_pk=media_pk_at(wall, zlib.crc32(plan.key.encode())),
            published_at=wall,
            world_time=plan.world_time,
            growth=draw_growth(rng, plan.influencer, plan.kind),
            revisions=[Revision(wall, draft.text, draft.carries)],
            intention=plan.intention,
            is_pinned=plan.is_pinned,
        )

    def _list(self, post: Post) -> None:
        self.posts[post.media_pk] = post
        self._posts_by_key[post.key] = post
        for pk in {post.influencer.person.pk, post.owner.pk}:
            # By id, as pages go on by id: within one millisecond that need not be the order of events.
            insort(self._feeds[pk], post, key=lambda listed: listed.media_pk)

    def _change(self, verb: str, plan: PlannedPost, wall: float) -> None:
        """Do what was planned for a post, unless a person came first."""
        post = self._posts_by_key[plan.key]
        if verb == "restore":
            if post.absence is not None and post.absence.reason == "archived":
                post.absence.until = wall
        elif post.absence is None:
            if verb in {"remove", "archive"}:
                self.hide(post, "removed" if verb == "remove" else "archived", at=wall)
            else:
                self.edit(post, self._later_draft(verb, plan, post.revisions[-1]), at=wall)

    def _later_draft(self, verb: str, plan: PlannedPost, present: Revision) -> Draft:
        if verb == "correct" and plan.campaign is not None:
            text = captions.add_missing(present.caption, plan.campaign)
            return Draft(text, present.carries | {plan.campaign.title})
        rng = random.Random(f"{verb} {self.seed} {plan.key}")
        return Draft(captions.add_afterthought(rng, present.caption, plan.influencer.habit.locale), present.carries)
