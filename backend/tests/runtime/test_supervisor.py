import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.runtime import children, state
from app.runtime.signals import Signals, StopRequested
from app.runtime.supervisor import PROCESSES_FILE, Backoff, EssentialProgramLost, Program, Supervisor
from tests.runtime.waiting import eventually

SLEEPER = "import time; time.sleep(60)"
QUICK = Backoff(first_seconds=0.05, longest_seconds=0.1, quick_deaths=3)


class Reported:
    """Reports, kept as lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def alarm(self, text: str) -> None:
        self.lines.append(f"! {text}")


@pytest.fixture
def reports() -> Reported:
    return Reported()


@pytest.fixture
def supervisor(tmp_path: Path, reports: Reported) -> Iterator[Supervisor]:
    with Signals() as signals:
        supervisor = Supervisor(tmp_path, signals, reports, backoff=QUICK)
        yield supervisor
        supervisor.stop()


def program(
    directory: Path, name: str, code: str = SLEEPER, *, stop_stage: int = 0, is_essential: bool = False
) -> Program:
    log_file = directory / f"{name}.log"

    def spawn() -> subprocess.Popen[bytes]:
        return children.spawn([sys.executable, "-c", code], log_file=log_file)

    return Program(
        name=name,
        spawn=spawn,
        is_ready=lambda _pid: True,
        log_file=log_file,
        stop_stage=stop_stage,
        is_essential=is_essential,
    )


def test_a_child_that_is_killed_is_reported_and_started_again(
    supervisor: Supervisor, reports: Reported, tmp_path: Path
) -> None:
    supervisor.start(program(tmp_path, "worker"))
    first_pid = supervisor.pids()["worker"]

    psutil.Process(first_pid).kill()

    assert supervisor.wait_until(lambda: supervisor.pids().get("worker", first_pid) != first_pid, seconds=5)
    assert supervisor.wait_until(lambda: "worker runs again" in reports.lines, seconds=5)
    assert reports.lines[0] == "! worker was killed by SIGKILL; it is started again in 0.05 s"


def test_a_child_that_cannot_live_is_given_up_loudly_with_the_end_of_its_log(
    supervisor: Supervisor, reports: Reported, tmp_path: Path
) -> None:
    supervisor.start(program(tmp_path, "api", "raise SystemExit('no such module')"))

    supervisor.wait_until(lambda: any("given up" in line for line in reports.lines), seconds=10)

    assert "3 times in a row. It is given up" in reports.lines[-1]
    assert "no such module" in reports.lines[-1]
    assert supervisor.pids() == {}


def test_everything_ends_when_a_server_is_given_up(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(program(tmp_path, "postgresql", "raise SystemExit(1)", is_essential=True))

    with pytest.raises(EssentialProgramLost, match="postgresql"):
        supervisor.wait_until(lambda: False, seconds=10)


def test_what_a_dead_child_started_dies_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    pool = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).wait()"
    supervisor.start(program(tmp_path, "worker", pool))
    parent = psutil.Process(supervisor.pids()["worker"])
    assert eventually(lambda: bool(parent.children()))
    (grandchild,) = parent.children()

    parent.kill()
    supervisor.wait_until(lambda: not grandchild.is_running(), seconds=1)

    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


def test_children_are_stopped_stage_by_stage(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def stop(*_):\n"
        f"    open({str(order)!r}, 'a').write(sys.argv[0] + NAME)\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        f"open({str(tmp_path)!r} + '/' + NAME + '.up', 'w')\n"
        "time.sleep(60)\n"
    )
    for stage, name in ((2, "server"), (0, "beat"), (1, "worker")):
        supervisor.start(program(tmp_path, name, code.replace("NAME", repr(name)), stop_stage=stage))
    assert eventually(lambda: len(list(tmp_path.glob("*.up"))) == 3)

    supervisor.stop()

    assert order.read_text().replace("-c", " ").split() == ["beat", "worker", "server"]
    assert not (tmp_path / PROCESSES_FILE).exists()


def test_a_stop_request_ends_a_wait(supervisor: Supervisor) -> None:
    signal.raise_signal(signal.SIGTERM)

    with pytest.raises(StopRequested):
        supervisor.wait_until(lambda: False, seconds=10)


def test_a_pid_of_the_last_run_that_belongs_to_a_stranger_is_left_alone(supervisor: Supervisor, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPER]) as stranger:
        entry = {"pid": stranger.pid, "created": 1.0, "stop_signal": int(signal.SIGTERM)}
        state.write_json(tmp_path / PROCESSES_FILE, {"worker": entry})

        supervisor.stop_orphans()

        assert stranger.poll() is None
        stranger.kill()


def test_a_log_that_has_grown_too_long_is_set_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log_file = tmp_path / "api.log"
    with log_file.open("ab", buffering=0) as writer:
        writer.write(b"x" * 2000)

        children.shorten_log(log_file, longest_bytes=1000)
        writer.write(b"next")

    assert log_file.read_bytes() == b"next"
    assert (tmp_path / "api.log.1").stat().st_size == 2000
