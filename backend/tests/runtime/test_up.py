"""The whole command: real servers, real roles, real signals."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text

from app.runtime import state
from app.runtime.plan import BACKEND
from app.runtime.ports import free_port
from app.runtime.supervisor import PROCESSES_FILE
from app.runtime.up import SERVERS_FILE
from tests.runtime.waiting import eventually

TAGBUY = [sys.executable, "-c", "from app.cli import main; main()"]
ROLES = {"worker-instagram", "worker-default", "worker-notifications", "api", "beat", "flower"}


class RunningUp:
    """`tagbuy up` as somebody types it."""

    def __init__(self, state_dir: Path, *options: str) -> None:
        self.state_dir = state_dir
        self.output = state_dir.with_suffix(".out")
        ports = {f"TAGBUY_{name}_PORT": str(free_port()) for name in ("API", "FLOWER", "SANDBOX")}
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*TAGBUY, "up", "--state-dir", str(state_dir), *options],
                stdout=output,
                stderr=output,
                env=own_environment(**ports),
            )

    def pids(self) -> dict[str, int]:
        return {name: entry["pid"] for name, entry in state.read_json(self.state_dir / PROCESSES_FILE).items()}

    def processes(self) -> list[psutil.Process]:
        """Return the supervisor and all that it has started, pools and backends too."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def says(self, words: str, *, seconds: float = 60) -> bool:
        return eventually(lambda: words in self.shown() or self.process.poll() is not None, seconds=seconds)

    def shown(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(40)


def own_environment(**variables: str) -> dict[str, str]:
    theirs = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {name: value for name, value in theirs.items() if not name.startswith("TAGBUY_")} | variables


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    running = RunningUp(tmp_path_factory.mktemp("up") / "state")
    try:
        assert running.says("Everything is ready"), running.shown()
        yield running
    finally:
        running.end(signal.SIGTERM)


@pytest.fixture
def servers_only(tmp_path: Path) -> Iterator[RunningUp]:
    running = RunningUp(tmp_path / "state", "--servers-only")
    try:
        assert running.says("The servers are ready"), running.shown()
        yield running
    finally:
        if running.process.poll() is None:
            running.end(signal.SIGTERM)


def test_every_role_runs_and_the_admin_password_is_shown(everything: RunningUp) -> None:
    assert set(everything.pids()) == ROLES | {"postgresql", "valkey"}
    assert "admin@localhost / " in everything.shown()


def test_a_killed_worker_is_reported_and_started_again(everything: RunningUp) -> None:
    before = everything.pids()["worker-default"]

    psutil.Process(before).kill()

    assert everything.says("worker-default was killed by SIGKILL; it is started again")
    assert everything.says("worker-default runs again"), everything.shown()
    assert everything.pids()["worker-default"] != before


def test_a_killed_database_is_started_again_at_the_same_address(everything: RunningUp) -> None:
    url = state.read_json(everything.state_dir / SERVERS_FILE)["database_url"]

    psutil.Process(everything.pids()["postgresql"]).kill()

    assert everything.says("postgresql runs again"), everything.shown()
    with create_engine(url).connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM users")) == 1


def test_a_second_start_in_the_same_directory_says_that_it_runs_already(everything: RunningUp) -> None:
    second = subprocess.run(
        [*TAGBUY, "up", "--state-dir", str(everything.state_dir)],
        capture_output=True,
        text=True,
        env=own_environment(),
        timeout=30,
        check=False,
    )

    assert second.returncode == 1
    assert f"runs already in {everything.state_dir} (pid {everything.process.pid})" in second.stdout


def test_sigterm_leaves_no_process_behind(tmp_path: Path) -> None:
    running = RunningUp(tmp_path / "state")
    assert running.says("Everything is ready"), running.shown()
    started = running.processes()

    exit_code = running.end(signal.SIGTERM)

    assert exit_code == 0
    assert len(started) > len(ROLES)
    assert alive(started) == []
    assert not (running.state_dir / SERVERS_FILE).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_a_killed_supervisor_leaves_no_process_behind_and_the_next_start_finds_its_data(
    servers_only: RunningUp,
) -> None:
    started = servers_only.processes()

    servers_only.end(signal.SIGKILL)

    assert eventually(lambda: alive(started) == []), alive(started)
    again = RunningUp(servers_only.state_dir, "--servers-only")
    assert eventually(lambda: again.shown().count("The servers are ready") == 2), again.shown()
    assert again.shown().count("admin@localhost") == 1
    assert again.end(signal.SIGINT) == 0


def test_given_servers_are_used_instead_of_own_ones(servers_only: RunningUp, tmp_path: Path) -> None:
    urls = state.read_json(servers_only.state_dir / SERVERS_FILE)
    given = own_environment(DATABASE_URL=urls["database_url"], REDIS_URL=urls["redis_url"])

    with subprocess.Popen(
        [*TAGBUY, "up", "--servers-only", "--state-dir", str(tmp_path / "other")],
        stdout=subprocess.PIPE,
        text=True,
        env=given,
    ) as other:
        assert other.stdout is not None
        assert any("ready" in line for line in other.stdout)
        other.send_signal(signal.SIGTERM)

    assert not (tmp_path / "other" / "postgres").exists()
    assert not (tmp_path / "other" / "valkey").exists()


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    nowhere = f"postgresql://tagbuy:secret@127.0.0.1:{free_port()}/tagbuy"

    failed = subprocess.run(
        [*TAGBUY, "up", "--servers-only", "--state-dir", str(tmp_path / "state")],
        capture_output=True,
        text=True,
        env=own_environment(DATABASE_URL=nowhere),
        timeout=60,
        check=False,
    )

    assert failed.returncode == 1
    assert "Check DATABASE_URL" in failed.stdout
    assert "secret" not in failed.stdout + failed.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="we are an ordinary user already")
def test_an_ordinary_user_can_start_the_servers() -> None:
    python = python_for_others()
    if python is None:
        pytest.skip("no interpreter that an ordinary user may execute: ours lives below a closed directory")
    home = Path(f"/tmp/tagbuy-nobody-{os.getpid()}")
    script = (
        "import sys; from pathlib import Path; from app.runtime.servers import running_servers\n"
        "with running_servers(Path(sys.argv[1])) as urls: print(urls.redis_url.split(':')[0])"
    )
    try:
        ended = subprocess.run(
            [python, "-c", script, str(home)],
            capture_output=True,
            text=True,
            env={"PYTHONPATH": os.pathsep.join([str(BACKEND), *site_packages()])},
            user="nobody",
            extra_groups=[],
            cwd="/",
            timeout=60,
            check=False,
        )

        assert (ended.stdout, ended.stderr) == ("redis\n", "")
        assert (home / "postgres").stat().st_uid != 0
    finally:
        subprocess.run(["rm", "-rf", str(home)], check=True)


def site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith("site-packages")]


def python_for_others() -> str | None:
    """Return an interpreter of our version that `nobody` may execute and that finds our packages."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            subprocess.run(
                [candidate, "-c", "import psutil, app.runtime.servers"],
                check=True,
                capture_output=True,
                user="nobody",
                extra_groups=[],
                cwd="/",
                env={"PYTHONPATH": os.pathsep.join([str(BACKEND), *site_packages()])},
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return candidate
    return None
