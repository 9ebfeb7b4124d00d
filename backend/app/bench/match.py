"""`tagbuy bench match`: how fast captions are scanned and posts matched, beside the plain way with regular expressions.

All ways do the same work on the same captions in the same run, in turns, on one core; the figures are medians.
"""

import contextlib
import importlib
import json
import random
import re
import statistics
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from app.campaigns.campaign_index import CampaignIndex, Screen
from app.campaigns.matching import PostReading, match_post, read_post
from app.campaigns.requirements import Requirements
from app.instagram.emoji import EMOJI, EMOJI_MARKS, FLAG_LETTERS, JOINERS
from app.instagram.tokens import TAG_CHARACTERS, scan
from app.models.states import ContentType

REAL_CAPTIONS = Path(__file__).resolve().parents[4] / "shared" / "data" / "captions_real.jsonl"
"""Beside the repository, on a developer's machine."""

_MENTION = r"(?<![A-Za-z0-9_!#$%&*@/＠])[@＠]([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)"
_TAKEN_AT = datetime(2026, 11, 10, 3, tzinfo=UTC)
_PAIR_CAMPAIGNS = 20
_PAIR_POSTS = 300


def measure_match(*, rounds: int, campaigns: int) -> dict[str, object]:
    """Return captions/s of the scanner, post × campaign matches/s, and ms for one post against so many campaigns."""
    captions, source = load_captions()
    requirements = make_campaigns(captions, campaigns)
    return {
        "captions": {"number": len(captions), "source": source},
        "scan_captions_per_second": _scanning(captions, rounds),
        "match_pairs_per_second": _pairs(captions[:_PAIR_POSTS], requirements[:_PAIR_CAMPAIGNS], rounds),
        f"one_post_against_{campaigns}_campaigns_ms": _against_all(captions, requirements),
    }


def load_captions() -> tuple[Sequence[str], str]:
    """Return real captions where they are beside the repository, otherwise made ones, and which they are."""
    if REAL_CAPTIONS.is_file():
        lines = REAL_CAPTIONS.read_text(encoding="utf-8").split("\n")
        return [json.loads(line)["caption"] for line in lines if line], "real"
    rng = random.Random(1)  # noqa: S311 - repeatable, not secret
    tags = [f"#태그{number}" for number in range(2000)] + [f"#tag{number}❤️" for number in range(500)]
    words = ["오늘의 기록", "정말 좋았어요 🥰", "@brand_kr 고마워요", "Slow mornings", "별거 아닌데 기분 좋은 순간\n"]
    return [" ".join(rng.choices(words, k=12) + rng.choices(tags, k=rng.randrange(12))) for _ in range(3000)], "made"


def make_campaigns(captions: Sequence[str], number: int) -> Sequence[Requirements]:
    """Return campaigns that ask for hashtags of the captions, as often as they stand there, and some for a mention."""
    rng = random.Random(2)  # noqa: S311 - repeatable, not secret
    tags = [token.text for caption in captions for token in scan(caption).hashtags]
    return [
        Requirements(
            hashtags=tuple(dict.fromkeys(rng.choices(tags, k=rng.choice((1, 1, 2, 3))))),
            mentions=(f"brand{rng.randrange(3000)}",) if rng.random() < 0.3 else (),
            content_type=ContentType.ANY,
            start_date=date(2026, 11, 1),
            end_date=date(2026, 11, 30),
        )
        for _ in range(number)
    ]


def _scanning(captions: Sequence[str], rounds: int) -> Mapping[str, object]:
    ways: dict[str, Callable[[str], object]] = {"scanner": scan}
    ways |= _plain_scanners()
    for caption in captions:
        _must_agree(caption, {name: way(caption) for name, way in ways.items()})

    def work(way: Callable[[str], object]) -> Callable[[], None]:
        def run() -> None:
            for caption in captions:
                way(caption)

        return run

    return _compare({name: work(way) for name, way in ways.items()}, len(captions), rounds)


def _must_agree(caption: str, found: Mapping[str, object]) -> None:
    if any(result != found["scanner"] for result in found.values()):
        raise AssertionError(f"the ways disagree about {caption!r}: {found}")


def _plain_scanners() -> Mapping[str, Callable[[str], object]]:
    """Return what one would write first, with `re`, and with `regex` where it is installed (for development)."""
    scanners = {"re": _plain_scan(re, TAG_CHARACTERS, TAG_CHARACTERS + EMOJI_MARKS)}
    with contextlib.suppress(ImportError):
        regex = importlib.import_module("regex")
        letters = r"\p{L}\p{M}\p{Nd}_"
        scanners["regex"] = _plain_scan(regex, rf"{letters}--[{EMOJI_MARKS}]", letters, regex.V1)
    return scanners


def _plain_scan(engine: Any, text: str, strict: str, flags: int = 0) -> Callable[[str], object]:
    """Return a reader with a compiled pattern for each sign, run over the whole caption."""
    emoji = f"(?:[{EMOJI}]|[{FLAG_LETTERS}]{{2}})[{JOINERS}]*+"
    tag = engine.compile(rf"(?<!&)[#＃]([{text}]*+)((?:{emoji}|[{strict}]++)*+)", flags)
    mention = engine.compile(_MENTION)

    def read(caption: str) -> object:
        caption = unicodedata.normalize("NFC", caption)
        hashtags, with_emoji = [], []
        for match in tag.finditer(caption):
            text, rest = match.groups()
            start, end = match.span(1)
            if text:
                hashtags.append((text, start - 1, end))
            if text or rest:
                with_emoji.append((text + rest, start - 1, match.end()))
        mentions = [(match[1], match.start(), match.end()) for match in mention.finditer(caption)]
        return caption, hashtags, with_emoji, mentions

    return read


def _pairs(captions: Sequence[str], campaigns: Sequence[Requirements], rounds: int) -> Mapping[str, object]:
    """Compare our yes or no with the plain way's, a pattern for each tag; and tell the rate of whole verdicts."""
    screens = [Screen.of(campaign) for campaign in campaigns]
    patterns = [
        [re.compile(f"(?<!&)[#＃]{re.escape(tag)}(?![{TAG_CHARACTERS}])", re.IGNORECASE) for tag in campaign.hashtags]
        + [re.compile(rf"(?<![A-Za-z0-9_!#$%&*@/＠])[@＠]{name}(?!\.?[A-Za-z0-9_])") for name in campaign.mentions]
        for campaign in campaigns
    ]

    def ours() -> list[bool]:
        return [screen.passes(post) for post in map(_post, captions) for screen in screens]

    def verdicts() -> list[bool]:
        return [match_post(campaign, post).is_match for post in map(_post, captions) for campaign in campaigns]

    def plain() -> list[bool]:
        composed = [unicodedata.normalize("NFC", caption) for caption in captions]
        return [all(pattern.search(caption) for pattern in wanted) for caption in composed for wanted in patterns]

    if not ours() == plain() == verdicts():
        raise AssertionError("the ways disagree about which post matches which campaign")
    return _compare(
        {"matcher": ours, "re": plain, "matcher_with_reasons": verdicts}, len(captions) * len(campaigns), rounds
    )


def _against_all(captions: Sequence[str], campaigns: Sequence[Requirements]) -> Mapping[str, float]:
    index = CampaignIndex(dict(enumerate(campaigns)))
    milliseconds = []
    for caption in captions:
        begun = time.process_time()
        index.matching(_post(caption))
        milliseconds.append(1000 * (time.process_time() - begun))
    milliseconds.sort()
    return {
        "median": round(statistics.median(milliseconds), 3),
        "p99": round(milliseconds[len(milliseconds) * 99 // 100], 3),
        "most": round(milliseconds[-1], 3),
    }


def _post(caption: str) -> PostReading:
    return read_post(caption=caption, media_type=1, product_type="feed", taken_at=_TAKEN_AT)


def _compare(ways: Mapping[str, Callable[[], object]], number: int, rounds: int) -> Mapping[str, object]:
    """Return each way's median rate, and how many times as fast the first is as each other."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            begun = time.process_time()
            way()
            rates[name].append(number / (time.process_time() - begun))
    medians = {name: statistics.median(each) for name, each in rates.items()}
    first, *others = medians
    ratios = {f"{first}_to_{other}": round(medians[first] / medians[other], 2) for other in others}
    return {name: round(rate) for name, rate in medians.items()} | ratios
