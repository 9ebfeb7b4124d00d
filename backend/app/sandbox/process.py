"""A sandbox in a process of its own, for tests and benchmarks."""

import contextlib
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from app.core.errors import ConfigurationError
from app.sandbox.client import SandboxClient

START_SECONDS = 20.0
STOP_SECONDS = 5.0


@contextlib.contextmanager
def running_sandbox(
    directory: Path,
    *,
    influencers: int = 10,
    campaigns: int = 4,
    accounts: int = 8,
    graph_tokens: int = 2,
    seed: int = 7,
    speed: float = 1.0,
    history_days: int = 21,
    port: int = 0,
    replay: Path | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[SandboxClient]:
    """Serve the world of `directory` on free ports and yield its client; stop it at the end.

    `options` are further arguments of `python -m app.sandbox serve`, such as `("--per-minute", "5")`.

    Raises:
        ConfigurationError: it did not start; the message holds what it wrote.
    """
    numbers = {
        "--influencers": influencers,
        "--campaigns": campaigns,
        "--accounts": accounts,
        "--graph-tokens": graph_tokens,
        "--seed": seed,
        "--speed": speed,
        "--history-days": history_days,
        "--port": port,
    }
    command = [sys.executable, "-m", "app.sandbox", "serve", "--dir", str(directory)]
    for name, value in numbers.items():
        command += [name, str(value)]
    if replay is not None:
        command += ["--replay", str(replay)]
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "sandbox.log"
    with log.open("ab") as errors:
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=errors)  # noqa: S603 - ours
    try:
        _wait_until_ready(process, log)
        yield SandboxClient.of(directory)
    finally:
        _stop(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    with selectors.DefaultSelector() as selector:
        if process.stdout is None or not selector.register(process.stdout, selectors.EVENT_READ):
            return
        is_readable = selector.select(max(0.0, deadline - time.monotonic()))
        if is_readable and process.stdout.readline():
            return
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise ConfigurationError(f"The sandbox did not start within {START_SECONDS:.0f} s: {said}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
