"""The benchmark of matching does what it says; its figures are for people."""

from app.bench.match import measure_match


def test_all_ways_agree_and_each_is_measured() -> None:
    figures = measure_match(rounds=1, campaigns=30)

    assert set(figures) == {
        "captions",
        "scan_captions_per_second",
        "match_pairs_per_second",
        "one_post_against_30_campaigns_ms",
    }
    scanning = figures["scan_captions_per_second"]
    assert isinstance(scanning, dict)
    assert {"scanner", "re", "regex", "scanner_to_re", "scanner_to_regex"} == set(scanning)
