from datetime import timedelta

from app.metrics.anomalies import Anomaly, questions_about
from app.metrics.engagement import Counts
from tests.builders import NOW


def asked(
    *likes_at: tuple[float, int | None], comments: int | None = 50, times_usual: float | None = None
) -> list[Anomaly]:
    samples = [
        Counts(NOW + timedelta(hours=hours), likes, comments, None, None, are_likes_hidden=likes is None)
        for hours, likes in likes_at
    ]
    return [question.anomaly for question in questions_about(samples, posted_at=NOW, times_usual=times_usual)]


def test_an_ordinary_curve_raises_no_question() -> None:
    assert asked((1, 210), (24, 650), (48, 920), (72, 970), (168, 1000), times_usual=1.4) == []


def test_likes_that_come_at_once_after_the_second_day_are_asked_about() -> None:
    assert asked((48, 920), (49, 1500), comments=90) == [Anomaly.LATE_JUMP]
    assert asked((10, 920), (11, 1500), comments=90) == []
    assert asked((48, 20), (49, 90)) == []


def test_many_likes_with_hardly_a_comment_are_asked_about() -> None:
    assert asked((5, 20_000), comments=3) == [Anomaly.SILENT_LIKES]
    assert asked((5, 20_000), comments=20) == []
    assert asked((5, 20_000), comments=None) == []
    assert asked((5, 900), comments=0) == []


def test_more_than_twice_the_usual_is_asked_about() -> None:
    assert asked((100, 500), times_usual=2.1) == [Anomaly.ABOVE_USUAL]


def test_likes_that_vanish_are_asked_about_and_hidden_ones_are_not() -> None:
    assert asked((100, 1000), (110, 940)) == [Anomaly.FALLEN]
    assert asked((100, 1000), (110, 960)) == []
    assert asked((100, 1000), (110, None)) == []
