"""Questions that a series of counts raises: what looks bought, boosted or cleaned up. Never an accusation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from app.metrics.engagement import Counts

# 39 measured posts had 92 % of their 7-day likes after 48 hours: little is left to come.
_GROWN_UP = timedelta(hours=48)
_JUMP_SHARE, _JUMP_LIKES = 0.3, 100
_SILENT_LIKES, _SILENT_SHARE = 1000, 0.001
_USUAL_TIMES = 2.0
_DROP_SHARE = 0.05


class Anomaly(StrEnum):
    """What is asked about."""

    LATE_JUMP = "late_jump"
    SILENT_LIKES = "silent_likes"
    ABOVE_USUAL = "above_usual"
    FALLEN = "fallen"


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask the influencer about, and the numbers that raise it."""

    anomaly: Anomaly
    facts: dict[str, Any]


def questions_about(samples: Sequence[Counts], *, posted_at: datetime, times_usual: float | None) -> Sequence[Question]:
    """Return the questions that a content's samples (oldest first) raise; most contents raise none."""
    questions = [_late_jump(samples, posted_at), _silent_likes(samples), _fallen(samples)]
    if times_usual is not None and times_usual > _USUAL_TIMES:
        questions.append(Question(Anomaly.ABOVE_USUAL, {"times_usual": round(times_usual, 2)}))
    return [question for question in questions if question is not None]


def _late_jump(samples: Sequence[Counts], posted_at: datetime) -> Question | None:
    """Ask about likes that came at once after the second day: 30 % more than before, and 100 or more."""
    known = [(sample.recorded_at, sample.likes) for sample in samples if sample.likes is not None]
    for (from_at, before), (to_at, after) in pairwise(known):
        gained = after - before
        if from_at - posted_at >= _GROWN_UP and gained >= _JUMP_LIKES and gained > before * _JUMP_SHARE:
            facts = {"from": from_at.isoformat(), "to": to_at.isoformat(), "before": before, "after": after}
            return Question(Anomaly.LATE_JUMP, facts)
    return None


def _silent_likes(samples: Sequence[Counts]) -> Question | None:
    """Ask about 1,000 likes or more with less than one comment for each thousand."""
    last = samples[-1] if samples else None
    if last is None or last.likes is None or last.comments is None or last.likes < _SILENT_LIKES:
        return None
    if last.comments >= last.likes * _SILENT_SHARE:
        return None
    return Question(Anomaly.SILENT_LIKES, {"likes": last.likes, "comments": last.comments})


def _fallen(samples: Sequence[Counts]) -> Question | None:
    """Ask about likes that are more than 5 % below their highest count."""
    likes = [sample.likes for sample in samples if sample.likes is not None]
    if not likes or likes[-1] >= max(likes) * (1 - _DROP_SHARE):
        return None
    return Question(Anomaly.FALLEN, {"highest": max(likes), "now": likes[-1]})
