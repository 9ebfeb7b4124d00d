"""What people order the sandbox to do, read from JSON or a form and completed to a journal's arguments."""

import random
from collections.abc import Mapping
from typing import Any

from app.core.errors import InvalidInput
from app.sandbox import captions
from app.sandbox.captions import Intention
from app.sandbox.people import Campaign, Kind
from app.sandbox.plans import KINDS
from app.sandbox.posts import Post
from app.sandbox.reading import carried_campaigns
from app.sandbox.world import World

Arguments = dict[str, Any]
MAX_CAPTION = 2200
MAX_SPEED = 100_000.0


def publish_arguments(world: World, wanted: Mapping[str, Any]) -> Arguments:
    """Complete an order to publish.

    `username` may be left out where `campaign` is given: one of its participants is chosen. With `caption`, the truth
    is what `matches` (titles) declares, or a plain reading of the caption. Without it, the caption is composed for
    `campaign` with an `intention` (default `satisfies`), or is an everyday one. `kind` is photo, album, reel or video;
    or `media_type` and `product_type` as Instagram numbers them. `is_on_grid` false is a reel for the reels tab only.

    Raises:
        InvalidInput: a field has a value that cannot be used.
        NotFound: the influencer or the campaign does not exist.
    """
    campaign = world.campaign(str(wanted["campaign"])) if wanted.get("campaign") else None
    influencer = world.influencer(_author(world, campaign, wanted.get("username")))
    arguments: Arguments = {"username": influencer.username}
    kind = _kind(wanted)
    caption = wanted.get("caption")
    if caption is not None:
        arguments |= _read_caption(world, str(caption), wanted.get("matches"))
    else:
        rng = random.Random(f"order {world.seed} {len(world.posts)} {influencer.username}")
        intention = _intention(wanted) if campaign else Intention.UNRELATED
        if campaign is None:
            draft = captions.compose_unrelated(rng, influencer.habit)
        else:
            draft = captions.compose(rng, influencer.habit, campaign, intention)
            kind = kind or _kind_for(campaign.content_type, is_fitting=intention is not Intention.WRONG_TYPE)
        arguments |= {"caption": draft.text, "carries": sorted(draft.carries), "intention": intention.value}
    arguments["kind"] = (kind or Kind.PHOTO).name
    if wanted.get("is_on_grid") is False and kind is not Kind.REEL:
        raise InvalidInput("Only a reel can be left off the grid; give `kind` reel")
    for name in ("usertags", "collab_with", "is_pinned", "is_like_hidden", "is_on_grid"):
        if wanted.get(name) is not None:
            arguments[name] = wanted[name]
    for name in [*arguments.get("usertags", ()), *([arguments["collab_with"]] if "collab_with" in arguments else [])]:
        world.named_person(name)
    return arguments


def edit_arguments(world: World, post: Post, wanted: Mapping[str, Any]) -> Arguments:
    """Complete an order to edit: a new `caption`, or `campaign` whose missing hashtags and mentions are added.

    Raises:
        InvalidInput: neither is given.
        NotFound: the campaign does not exist.
    """
    if wanted.get("caption") is not None:
        return {"media_pk": str(post.media_pk), **_read_caption(world, str(wanted["caption"]), wanted.get("matches"))}
    if not wanted.get("campaign"):
        raise InvalidInput("An edit needs `caption`, or `campaign` to add what its requirements lack")
    campaign = world.campaign(str(wanted["campaign"]))
    carries = {*post.revisions[-1].carries, campaign.title}
    text = captions.add_missing(post.caption, campaign)
    return {"media_pk": str(post.media_pk), "caption": text, "carries": sorted(carries)}


def speed_arguments(wanted: Mapping[str, Any]) -> Arguments:
    """Read `speed`: 0 stands still, 1 is real time.

    Raises:
        InvalidInput: it is not a number between 0 and 100,000.
    """
    try:
        speed = float(wanted.get("speed", ""))
    except (TypeError, ValueError):
        speed = -1.0
    if not 0 <= speed <= MAX_SPEED:
        raise InvalidInput(
            f"speed is {wanted.get('speed')!r}; expected a number from 0 (stand still) to {MAX_SPEED:.0f}"
        )
    return {"speed": speed}


def _read_caption(world: World, caption: str, matches: Any) -> Arguments:
    if len(caption) > MAX_CAPTION:
        raise InvalidInput(f"The caption has {len(caption)} characters; Instagram takes {MAX_CAPTION}")
    if matches is None:
        return {"caption": caption, "carries": sorted(carried_campaigns(caption, world.cast.campaigns))}
    if not isinstance(matches, list):
        raise InvalidInput("`matches` must be a list of campaign titles")
    return {"caption": caption, "carries": sorted(world.campaign(str(title)).title for title in matches)}


def _author(world: World, campaign: Campaign | None, username: Any) -> str:
    if username:
        return str(username)
    if campaign is None or not campaign.participants:
        raise InvalidInput("`username` is missing; name an influencer, or a campaign that has participants")
    return campaign.participants[len(world.posts) % len(campaign.participants)]


def _intention(wanted: Mapping[str, Any]) -> Intention:
    value = wanted.get("intention") or Intention.SATISFIES
    try:
        return Intention(value)
    except ValueError:
        raise InvalidInput(f"intention is {value!r}; expected one of {', '.join(Intention)}") from None


def _kind(wanted: Mapping[str, Any]) -> Kind | None:
    if name := wanted.get("kind"):
        try:
            return Kind[str(name).upper()]
        except KeyError:
            raise InvalidInput(f"kind is {name!r}; expected photo, album, reel or video") from None
    if wanted.get("media_type") is None:
        return None
    media_type, product_type = str(wanted["media_type"]), wanted.get("product_type")
    fitting = [
        kind for kind in KINDS if str(kind.media_type) == media_type and product_type in {None, kind.product_type}
    ]
    if not fitting:
        raise InvalidInput("media_type is 1 (photo), 2 (video; a reel with product_type `clips`) or 8 (album)")
    return fitting[0]


def _kind_for(content_type: str, *, is_fitting: bool) -> Kind:
    return next((kind for kind in KINDS if kind.satisfies(content_type) is is_fitting), Kind.PHOTO)
