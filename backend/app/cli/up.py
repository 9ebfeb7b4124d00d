"""`tagbuy up`: read the settings, and become the supervisor."""

from pathlib import Path
from typing import Annotated

import typer

from app.core.config import get_settings
from app.runtime.plan import Plan
from app.runtime.up import replace_process

app = typer.Typer()


@app.command()
def up(
    with_demo: Annotated[
        bool, typer.Option("--demo", help="Also run the sandbox, a local Instagram, and watch its influencers.")
    ] = False,
    servers_only: Annotated[
        bool, typer.Option("--servers-only", help="Only PostgreSQL and Valkey; start workers by hand beside them.")
    ] = False,
    state_dir: Annotated[
        Path | None, typer.Option(help="Where servers, keys and logs are kept. Default: TAGBUY_STATE_DIR.")
    ] = None,
) -> None:
    """Start everything and keep it running: servers, workers, Beat, Flower and the API. Ctrl-C stops it.

    With DATABASE_URL or REDIS_URL set, those servers are used and none of its own is started.
    """
    settings = get_settings()
    if with_demo and servers_only:
        raise typer.BadParameter("--demo needs the workers: leave out --servers-only")
    replace_process(
        Plan(
            state_dir=(state_dir or settings.state_dir).expanduser().resolve(),
            with_demo=with_demo,
            servers_only=servers_only,
            has_own_postgres=settings.database_url is None,
            has_own_valkey=settings.redis_url is None,
            pg_bin=settings.pg_bin,
            api_host=settings.api_host,
            api_port=settings.api_port,
            flower_port=settings.flower_port,
            sandbox_port=settings.sandbox_port,
        )
    )
