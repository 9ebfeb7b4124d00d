"""`python -m app.sandbox serve`: the sandbox as its own process."""

import argparse
import sys
from pathlib import Path
from typing import TextIO

from app.core.errors import TagBuyError
from app.sandbox.cast import WorldSize
from app.sandbox.police import Limits
from app.sandbox.server import SandboxOptions, run


def main(arguments: list[str] | None = None) -> int:
    """Serve the sandbox; return the exit code: 0 after a clean stop, 2 where it could not start."""
    parsed = _parser().parse_args(arguments)
    options = SandboxOptions(
        directory=parsed.dir.resolve(),
        size=WorldSize(parsed.influencers, parsed.campaigns, parsed.accounts, parsed.history_days, parsed.graph_tokens),
        seed=parsed.seed,
        speed=parsed.speed,
        port=parsed.port,
        limits=Limits(parsed.spacing, parsed.per_minute, parsed.per_hour, parsed.per_day),
        replay=parsed.replay,
        graph_per_hour=parsed.graph_per_hour,
    )
    try:
        run(options, announce=lambda url: _say(f"sandbox ready: {url}", sys.stdout))
    except TagBuyError as error:
        _say(str(error), sys.stderr)
        return 2
    return 0


def _say(line: str, stream: TextIO) -> None:
    stream.write(line + "\n")
    stream.flush()


def _parser() -> argparse.ArgumentParser:
    limits = Limits()
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description=__doc__)
    serve = parser.add_subparsers(required=True).add_parser("serve", help="serve a world until SIGTERM")
    serve.add_argument("--dir", type=Path, required=True, help="where the world lives; the same one again next time")
    serve.add_argument("--influencers", type=int, default=10)
    serve.add_argument("--campaigns", type=int, default=4)
    serve.add_argument("--accounts", type=int, default=8, help="reader accounts")
    serve.add_argument("--graph-tokens", type=int, default=2, help="tokens of the official API")
    serve.add_argument("--graph-per-hour", type=int, default=200, help="requests that each of them has in an hour")
    serve.add_argument("--seed", type=int, default=7)
    serve.add_argument("--speed", type=float, default=1.0, help="how much faster than real things happen")
    serve.add_argument("--port", type=int, default=8700, help="of the page and the control API; 0 = any")
    serve.add_argument("--history-days", type=int, default=21, help="how long the influencers have been posting")
    serve.add_argument("--replay", type=Path, help="folder with recorded pages (feed_user_*.json)")
    serve.add_argument("--spacing", type=float, default=limits.spacing_seconds, help="seconds between two requests")
    serve.add_argument("--per-minute", type=int, default=limits.per_minute)
    serve.add_argument("--per-hour", type=int, default=limits.per_hour)
    serve.add_argument("--per-day", type=int, default=limits.per_day)
    return parser


if __name__ == "__main__":
    sys.exit(main())
