import json
import subprocess
import sys
from pathlib import Path

TAGBUY = str(Path(sys.executable).with_name("tagbuy"))
ENTRY = {
    "grants",
    "violations",
    "worst_undercut_ms",
    "utilisation",
    "leases_per_s",
    "lease_p50_ms",
    "lease_p99_ms",
}


def test_the_pool_is_measured_beside_both_libraries_and_violates_nothing() -> None:
    command = [TAGBUY, "bench", "pool", "--processes", "2", "--accounts", "2", "--seconds", "1", "--scale", "0.01"]

    completed = subprocess.run(command, capture_output=True, text=True, timeout=200, check=True)

    figures = json.loads(completed.stdout)
    assert [set(figures[contender]) for contender in ("pool", "limits", "pyrate_limiter")] == [ENTRY] * 3
    assert figures["permitted"] == 2 * 40
    assert figures["pool"]["violations"] == {"spacing": 0, "minute": 0, "hour": 0, "day": 0}
    assert figures["pool"]["worst_undercut_ms"] == 0
    assert 0 < figures["pool"]["grants"] <= figures["permitted"]
    assert figures["pool"]["leases_per_s"] > 0
