"""The sandbox as a process: what survives a kill, how it stops, where it may not run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.core.errors import ConfigurationError
from tests.sandbox.readers import make_client, read_feed
from tests.sandbox_process import SandboxClient, running_sandbox


def test_a_killed_sandbox_comes_back_with_its_world_its_log_and_its_addresses(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, influencers=3, campaigns=2, accounts=2, speed=2000) as sandbox:
        cast = sandbox.cast()
        client = make_client(sandbox, cast["accounts"][0])
        read_feed(client, cast["influencers"][0]["platform_uid"])
        read_feed(client, cast["influencers"][0]["platform_uid"])
        published = sandbox.publish(campaign=cast["campaigns"][0]["title"], intention="tag_added_later")
        sandbox.edit(published["media_pk"], campaign=cast["campaigns"][0]["title"])
        sandbox.set_speed(0)
        truth, violations, requests = sandbox.truth(), sandbox.violations(), sandbox.requests()
        os.kill(sandbox.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(sandbox.pid)] if psutil.pid_exists(sandbox.pid) else [], timeout=5)

        with running_sandbox(tmp_path, influencers=3, campaigns=2, accounts=2, speed=2000) as again:
            assert again.truth() == truth
            assert again.violations()["by_kind"] == violations["by_kind"] == {"spacing": 1}
            assert again.requests() == requests
            assert again.cast() == cast
            assert (again.proxy_url, again.ca_file) == (sandbox.proxy_url, sandbox.ca_file)
            assert read_feed(client, cast["influencers"][0]["platform_uid"])["status"] == "ok"


def test_it_stops_at_once_although_clients_are_connected_and_an_answer_hangs(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, influencers=1, campaigns=0, accounts=1) as sandbox:
        cast = sandbox.cast()
        read_feed(make_client(sandbox, cast["accounts"][0]), cast["influencers"][0]["platform_uid"])
        sandbox.add_fault("hang")
        program = (
            "import json, sys; from app.sandbox.client import SandboxClient; from pathlib import Path; "
            "from tests.sandbox.readers import make_client, read_feed; sandbox = SandboxClient.of(Path(sys.argv[1])); "
            "cast = sandbox.cast(); "
            "read_feed(make_client(sandbox, cast['accounts'][0]), cast['influencers'][0]['platform_uid'])"
        )
        hanging = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.DEVNULL)
        _wait_for_request(sandbox, status=None)
        process = psutil.Process(sandbox.pid)
        started = time.monotonic()

        process.terminate()
        psutil.wait_procs([process], timeout=5)

        assert time.monotonic() - started < 2
        assert not (tmp_path / "sandbox.json").exists()
        hanging.wait(20)


def test_a_second_sandbox_in_the_same_directory_is_refused(tmp_path: Path) -> None:
    with (
        running_sandbox(tmp_path, influencers=1, campaigns=0),
        pytest.raises(ConfigurationError, match=r"serves .* already"),
        running_sandbox(tmp_path, influencers=1, campaigns=0),
    ):
        pass


def test_a_taken_port_is_replaced_and_the_file_says_by_which(tmp_path: Path) -> None:
    with running_sandbox(tmp_path / "one", influencers=1, campaigns=0) as first:
        port = int(first.control_url.rsplit(":", 1)[1])
        with running_sandbox(tmp_path / "two", influencers=1, campaigns=0, port=port) as second:
            published = json.loads((tmp_path / "two" / "sandbox.json").read_text(encoding="utf-8"))

            assert second.health()["status"] == "ok"
            assert second.control_url != first.control_url
            assert set(published) == {"control_url", "proxy_url", "smtp_url", "ca_file", "pid"}


def _wait_for_request(sandbox: SandboxClient, *, status: int | None) -> None:
    deadline = time.monotonic() + 20
    while not any(request["status"] == status for request in sandbox.requests()):
        assert time.monotonic() < deadline, "the request did not arrive"
