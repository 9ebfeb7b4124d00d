import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest

from app.runtime import state
from app.runtime.children import RunAs
from app.runtime.postgres import Postgres
from app.runtime.servers import postgres_of


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = postgres_of(tmp_path)
    yield server
    server.stop()


def query(server: Postgres, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_killed_server_starts_again_with_its_rows(postgres: Postgres) -> None:
    postgres.start()
    query(postgres, "CREATE TABLE kept AS SELECT generate_series(1, 100) AS number")
    killed = postgres.spawned()

    killed.kill()
    killed.wait()
    postgres.start()

    assert query(postgres, "SELECT count(*) FROM kept") == [(100,)]


def test_rows_and_address_survive_a_stop(postgres: Postgres, tmp_path: Path) -> None:
    first_url = postgres.start()
    query(postgres, "CREATE TABLE kept (number integer)")
    postgres.stop()

    with postgres_of(tmp_path).running() as second_url:
        assert second_url == first_url
        assert query(postgres, "SELECT count(*) FROM kept") == [(0,)]


def test_a_stop_does_not_wait_for_clients(postgres: Postgres) -> None:
    url = postgres.start().replace("+psycopg", "")

    with closing(psycopg.connect(url)) as connection:
        connection.execute("SELECT 1")
        postgres.stop()

        assert postgres.spawned().returncode == 0


def test_a_pid_file_that_names_a_stranger_is_dropped_and_the_stranger_lives(postgres: Postgres, tmp_path: Path) -> None:
    postgres.start()
    postgres.stop()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (tmp_path / "postgres/data/postmaster.pid").write_text(f"{stranger.pid}\n{tmp_path}\n", encoding="ascii")

        postgres.start()

        assert stranger.poll() is None
        stranger.kill()


def test_what_an_earlier_run_left_behind_is_stopped(postgres: Postgres, tmp_path: Path) -> None:
    postgres.start()
    orphan = psutil.Process(postgres.spawned().pid)

    with postgres_of(tmp_path).running():
        assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


def test_a_taken_port_is_replaced(postgres: Postgres) -> None:
    postgres.start()
    postgres.stop()
    taken = postgres.port
    with socket.create_server(("127.0.0.1", taken)):
        postgres.start()

        assert postgres.port != taken
        assert query(postgres, "SELECT 1") == [(1,)]


def test_a_cluster_that_was_never_finished_is_built_anew(postgres: Postgres, tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres" / "new-left-by-a-kill"
    unfinished.mkdir(parents=True)

    postgres.start()

    assert query(postgres, "SELECT 1") == [(1,)]
    assert not unfinished.exists()


def test_the_password_is_for_the_owner_only_and_needed(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.start().replace("+psycopg", "")
    password = state.read_json(tmp_path / "postgres/connection.json")["password"]

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace(password, "wrong"))

    assert (tmp_path / "postgres/connection.json").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_root_without_user_namespaces_runs_the_server_as_nobody() -> None:
    with tempfile.TemporaryDirectory(prefix="tagbuy-", dir="/tmp") as directory:
        Path(directory).chmod(0o711)
        log_file = Path(directory) / "log"
        server = Postgres(Path(directory) / "state" / "postgres", log_file=log_file, run_as=RunAs.NOBODY)

        with server.running():
            assert query(server, "SELECT 1") == [(1,)]
            assert psutil.Process(server.spawned().pid).username() == "nobody"
