"""The cast of a world: seeded, so that the same parameters give the same people and the same orders."""

import base64
import hashlib
import json
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.sandbox import texts
from app.sandbox.people import Campaign, Cast, GraphReader, Habit, Influencer, Person, Reader

HOUR_PROFILES = {
    "morning": (1, 0, 0, 0, 0, 1, 4, 9, 10, 6, 3, 2, 3, 2, 1, 1, 2, 2, 3, 4, 4, 3, 2, 1),
    "noon": (1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 8, 10, 8, 4, 3, 2, 3, 4, 4, 3, 2, 2, 1),
    "evening": (2, 1, 0, 0, 0, 0, 1, 2, 2, 2, 2, 3, 4, 3, 2, 2, 3, 5, 9, 10, 10, 9, 7, 4),
    "night": (7, 4, 2, 1, 0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 2, 2, 3, 3, 4, 5, 7, 9, 10, 9),
}
TOKEN_LIFE = timedelta(days=60)
CONTENT_TYPES = ("any", "reel", "photo", "any", "album", "any", "video")
SECOND_FACTORS = {2: "totp", 3: "email"}
"""Which readers have one, by number."""
_APP = {"app_version": "449.0.0.52.84", "version_code": "1079242191"}
_DEVICE = {
    "android_version": 34,
    "android_release": "14",
    "dpi": "480dpi",
    "resolution": "1344x2992",
    "manufacturer": "Google/google",
    "device": "husky",
    "model": "Pixel 8 Pro",
    "cpu": "husky",
    "bloks_versioning_id": "799db3e387d7a21a19c72918b8698b6cd28a1516ade363792c100ed45a0f9f0b",
}


@dataclass(frozen=True, slots=True)
class WorldSize:
    """How large a world is; part of what makes it the same world again."""

    influencers: int
    campaigns: int
    accounts: int
    history_days: int
    graph_tokens: int = 2
    posts_per_day: float = 1.0
    """Of a median influencer; the busiest post three times as often."""


def build_cast(size: WorldSize, *, seed: int, today: date) -> Cast:
    """Return the cast of the world with this seed; campaign periods lie around `today` (Korean calendar)."""
    rng = random.Random(f"cast {seed}")
    influencers = _influencers(rng, size)
    campaigns = _campaigns(rng, size.campaigns, influencers, today)
    brands = {campaign.brand.username: campaign.brand for campaign in campaigns}
    friends = tuple(
        _person(rng, 30_000_000_000 + i * 7_919, f"friend{i + 1:02d}_{rng.choice('abcdef')}", "") for i in range(12)
    )
    return Cast(
        influencers,
        campaigns,
        friends,
        tuple(make_reader(seed, number) for number in range(1, size.accounts + 1)),
        (
            *(make_graph_reader(seed, number, today=today) for number in range(1, size.graph_tokens + 1)),
            *(make_brand_reader(seed, brand, today=today) for brand in brands.values()),
        ),
    )


def make_reader(seed: int, number: int) -> Reader:
    """Return the login number `number` (from 1), with settings as instagrapi 3.2.2 stores them."""
    rng = random.Random(f"reader {seed} {number}")
    pk = 60_000_000_000 + rng.randrange(1_000_000) * 1_000 + number
    signature = hashlib.sha256(f"session {seed} {number}".encode()).hexdigest()[:40]
    session_id = f"{pk}%3A{signature[:14]}%3A{rng.randrange(1, 29)}%3AAYe{signature[14:]}"
    names = ("phone_id", "uuid", "client_session_id", "advertising_id", "request_id", "tray_session_id")
    settings: dict[str, Any] = {
        "uuids": {
            **{name: str(uuid.UUID(int=rng.getrandbits(128), version=4)) for name in names},
            "android_device_id": f"android-{rng.getrandbits(64):016x}",
        },
        "mid": base64.urlsafe_b64encode(rng.randbytes(20)).decode().rstrip("="),
        "ig_u_rur": None,
        "ig_www_claim": None,
        "authorization_data": {
            "ds_user_id": str(pk),
            "sessionid": session_id,
            "should_use_header_over_cookies": True,
        },
        "cookies": {},
        "last_login": None,
        "device_settings": {**_DEVICE, **_APP},
        "user_agent": (
            f"Instagram {_APP['app_version']} Android (34/14; 480dpi; 1344x2992; Google/google; Pixel 8 Pro; husky; "
            f"husky; ko_KR; {_APP['version_code']})"
        ),
        "country": "KR",
        "country_code": 82,
        "locale": "ko_KR",
        "timezone_offset": 32400,
    }
    return Reader(
        f"reader{number:02d}",
        pk,
        session_id,
        settings,
        password=f"sandbox-{number:02d}",
        second_factor=SECOND_FACTORS.get(number),
        totp_seed=base64.b32encode(hashlib.sha256(session_id.encode()).digest()[:20]).decode(),
    )


def make_graph_reader(seed: int, number: int, *, today: date) -> GraphReader:
    """Return the token number `number` (from 1) of the official API; it lives 60 days, as a long-lived one does."""
    signature = hashlib.sha256(f"token {seed} {number}".encode()).hexdigest()
    return GraphReader(
        username=f"graph{number:02d}",
        access_token=f"EAASandbox{signature}",
        ig_user_id=str(17_841_499_000_000_000 + int(signature[:7], 16) % 10**8 * 10 + number % 10),
        expires_at=datetime.combine(today + TOKEN_LIFE, time(), UTC),
    )


def make_brand_reader(seed: int, brand: Person, *, today: date) -> GraphReader:
    """Return the token that a brand gave us for its own account; it lives 60 days too."""
    return GraphReader(
        username=brand.username,
        access_token=f"EAASandbox{hashlib.sha256(f'token {seed} {brand.username}'.encode()).hexdigest()}",
        ig_user_id=brand.graph_id,
        expires_at=datetime.combine(today + TOKEN_LIFE, time(), UTC),
        brand=brand,
    )


def session_of(authorization: str) -> str | None:
    """Return the session id in an `Authorization` header of the app (`Bearer IGT:2:<base64 JSON>`), if any."""
    try:
        session_id = json.loads(base64.b64decode(authorization.rsplit(":", 1)[-1]))["sessionid"]
    except (ValueError, KeyError, TypeError):
        return None
    return session_id if isinstance(session_id, str) else None


def _person(rng: random.Random, pk: int, username: str, full_name: str) -> Person:
    return Person(pk, username, full_name, "", rng.randrange(200, 3_000), rng.randrange(100, 900))


def _influencers(rng: random.Random, size: WorldSize) -> tuple[Influencer, ...]:
    taken: set[str] = {brand.handle for brand in texts.BRANDS}
    return tuple(_influencer(rng, index, taken, size.posts_per_day) for index in range(size.influencers))


def _influencer(rng: random.Random, index: int, taken: set[str], usual_posts: float) -> Influencer:
    locale = "en" if rng.random() < 0.2 else "ko"
    given, latin = rng.choice(texts.GIVEN_NAMES)
    if locale == "en":
        latin = rng.choice(texts.ENGLISH_NAMES)
    full_name = latin.title() if locale == "en" else rng.choice(texts.FAMILY_NAMES) + given
    username = _free_name(rng, latin, taken)
    topic = rng.choice(list(texts.TOPICS))
    followers = int(min(900_000, max(1_800, rng.lognormvariate(10.2, 1.1))))
    person = Person(
        pk=40_000_000_000 + rng.randrange(1_000_000) * 10_000 + index,
        username=username,
        full_name=full_name,
        biography=texts.BIOGRAPHIES[locale].format(
            topic=topic.title() if locale == "en" else texts.TOPICS[topic][0], name=full_name
        ),
        follower_count=followers,
        following_count=rng.randrange(150, 1_500),
        is_business=rng.random() < 0.6,
        is_verified=followers > 200_000,
    )
    habit = Habit(
        locale=locale,
        topic=topic,
        posts_per_day=usual_posts * min(3.0, max(0.35, rng.lognormvariate(0.0, 0.55))),
        hour_weights=rng.choice(list(HOUR_PROFILES.values())),
        kind_weights=rng.choice(((5, 4, 3, 1), (3, 6, 2, 1), (2, 2, 8, 1), (4, 3, 4, 1))),
        hidden_likes_ratio=rng.choice((0.0, 0.0, 0.0, 0.1, 0.9)),
        engagement_ratio=rng.lognormvariate(-3.6, 0.5),
    )
    return Influencer(person, habit)


def _free_name(rng: random.Random, latin: str, taken: set[str]) -> str:
    name = rng.choice(texts.NAME_STYLES).format(latin)
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}{number}", number + 1
    taken.add(candidate)
    return candidate


def _campaigns(
    rng: random.Random, count: int, influencers: tuple[Influencer, ...], today: date
) -> tuple[Campaign, ...]:
    participants: list[list[str]] = [[] for _ in range(count)]
    for index, influencer in enumerate(influencers if count else ()):
        participants[index % count].append(influencer.username)
        for other in range(count):
            if other != index % count and rng.random() < 0.7 / count:
                participants[other].append(influencer.username)
    order = rng.sample(range(len(texts.BRANDS)), len(texts.BRANDS))
    return tuple(_campaign(rng, index, order, tuple(participants[index]), today) for index in range(count))


def _campaign(rng: random.Random, index: int, order: list[int], participants: tuple[str, ...], today: date) -> Campaign:
    round_number, position = divmod(index, len(texts.BRANDS))
    text = texts.BRANDS[order[position]]
    # Tags end in letters of the round, so that no campaign asks for another one's tag.
    suffix = "" if round_number == 0 else f"시즌{round_number + 1}"
    brand = Person(
        20_000_000_000 + order[position] * 1_009, text.handle, text.name, text.product, 48_000, 120, is_business=True
    )
    return Campaign(
        title=rng.choice(texts.TITLES).format(name=text.name, product=text.product) + (suffix and f" {suffix}"),
        brand=brand,
        product=text.product,
        advertiser_email=f"marketing@{text.handle.replace('_', '-')}.example",
        hashtags=tuple(tag + suffix for tag in text.hashtags[: rng.choice((1, 1, 2, 2, 3))]),
        mentions=() if rng.random() < 0.4 else _mentions(rng, text.handle),
        content_type=CONTENT_TYPES[index % len(CONTENT_TYPES)],
        start_date=today - timedelta(days=rng.randrange(5, 15)),
        end_date=today + timedelta(days=rng.randrange(14, 45)),
        retention_days=rng.choice((90, 180, 180, 365)),
        participants=participants,
    )


def _mentions(rng: random.Random, handle: str) -> tuple[str, ...]:
    return (handle, f"{handle.split('.')[0]}_store") if rng.random() < 0.2 else (handle,)
