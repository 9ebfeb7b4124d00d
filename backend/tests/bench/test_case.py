"""The short form of `tagbuy bench case`: hours of virtual time, a few people, and the document's loops beside them."""

from datetime import timedelta
from pathlib import Path

from app.bench import case_figures, document_loops
from app.bench.case import Case, run
from app.bench.document_loops import Content, Span, by_priority, every_half_hour
from app.core.db import TransactionFactory
from app.sandbox.world import World
from tests.sandbox.worlds import DAY, HOUR, START, make_world

CASE = Case(
    influencers=4,
    campaigns=2,
    posts_per_day=4.0,
    warm_up=timedelta(hours=1),
    measured=timedelta(hours=5),
    afterwards=timedelta(hours=3),
    removed_every=timedelta(hours=3),
    tick=timedelta(minutes=10),
)


def test_the_case_runs_end_to_end_and_the_document_is_played_on_its_truth(
    own_database: TransactionFactory,  # noqa: ARG001 - the settings name it
    tmp_path: Path,
) -> None:
    figures, truth = run(CASE, 150, tmp_path)
    document = document_loops.play(truth, CASE.span, every_half_hour)

    assert figures["detection_minutes"]["posts"] >= 3
    assert figures["detection_minutes"]["missed"] == 0
    assert figures["removal_minutes"]["until the first sign"]["removals"] >= 2
    assert figures["removal_minutes"]["until the first sign"]["not_noticed"] == 0
    assert figures["declared_removed_falsely"] == 0
    assert 0 < figures["requests_per_day"]["total"] * 5 / 24 <= 150
    assert figures["requests_per_day"]["accounts"] == 2
    assert document.requests["feed"] == 4 * 2 * 5
    assert case_figures.delays(truth, CASE.span, document.found_at)["p95"] <= 30


def test_the_document_looks_on_time_at_everything() -> None:
    world, span = a_watched_world()

    play = document_loops.play(world, span, every_half_hour)

    figures = case_figures.delays(world, span, play.found_at)
    assert play.requests["feed"] == 10 * 48 * 2
    assert figures["missed"] == 0
    assert figures["posts"] > 15
    assert figures["p95"] <= 30
    assert play.requests["metrics"] > 3 * play.requests["existence"] > 0


def test_a_removal_waits_for_the_next_existence_check() -> None:
    world, span = a_watched_world()
    contents = dict(enumerate(document_loops.play(world, span, every_half_hour).contents))
    world.hide(contents[0].post, "removed", at=span.since + 2 * HOUR)
    [absence] = contents[0].post.absences

    [(key, gone)] = [pair for pair in case_figures.removals(contents, span) if pair[0] == 0]

    checked_at = document_loops.first_check_of(absence, span)
    assert (key, gone) == (0, absence)
    assert checked_at == span.since + 6 * HOUR
    assert case_figures.waits_until({0: [checked_at]}, [(key, gone)], span)["mean"] == 4 * 60


def test_priorities_space_the_documents_looks_wider() -> None:
    world, span = a_watched_world()

    tiered = document_loops.play(world, span, by_priority(world))

    figures = case_figures.delays(world, span, tiered.found_at)
    assert 10 * 8 * 2 <= tiered.requests["feed"] < 10 * 48 * 2
    assert 30 < figures["p95"] <= 180


def test_samples_that_are_rarer_rebuild_the_curve_worse() -> None:
    world, span = a_watched_world()
    hourly = document_loops.play(world, span, every_half_hour).contents

    rarer = [Content(content.post, content.registered_at, content.sampled_at[::12]) for content in hourly]

    errors = case_figures.curve_errors(hourly, span), case_figures.curve_errors(rarer, span)
    assert errors[0]["contents"] == errors[1]["contents"] > 10
    assert errors[0]["time"] < errors[1]["time"] / 2


def a_watched_world() -> tuple[World, Span]:
    """A day that is not counted, two that are, and half a day more."""
    world = make_world()
    world.advance(START + 3.5 * DAY)
    return world, Span(START, START + DAY, START + 3 * DAY, START + 3.5 * DAY)
