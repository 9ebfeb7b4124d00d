import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from app.runtime import state
from app.runtime.servers import valkey_of
from app.runtime.valkey import Valkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = valkey_of(tmp_path)
    yield server
    server.stop()


def test_what_was_written_survives_a_kill(valkey: Valkey) -> None:
    with Redis.from_url(valkey.start()) as redis:
        redis.rpush("queue", *range(1000))
    killed = valkey.spawned()

    killed.kill()
    killed.wait()

    with Redis.from_url(valkey.start()) as redis:
        assert redis.llen("queue") == 1000


def test_a_taken_port_is_replaced(valkey: Valkey) -> None:
    valkey.start()
    valkey.stop()
    taken = valkey.port
    with socket.create_server(("127.0.0.1", taken)):
        valkey.start()

        assert valkey.port != taken


def test_what_an_earlier_run_left_behind_is_stopped(valkey: Valkey, tmp_path: Path) -> None:
    valkey.start()
    orphan = psutil.Process(valkey.spawned().pid)

    with valkey_of(tmp_path).running():
        assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


def test_the_password_is_needed(valkey: Valkey, tmp_path: Path) -> None:
    url = valkey.start()
    password = state.read_json(tmp_path / "valkey/connection.json")["password"]

    with Redis.from_url(url.replace(password, "wrong")) as redis, pytest.raises(AuthenticationError):
        redis.ping()


def test_queued_tasks_are_never_evicted(valkey: Valkey) -> None:
    with Redis.from_url(valkey.start()) as redis:
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
