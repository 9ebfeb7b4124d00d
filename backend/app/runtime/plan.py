"""What `tagbuy up` is to do: everything that the supervisor needs of the settings, without their weight."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

BACKEND = Path(__file__).resolve().parents[2]
LOGS = "logs"
SANDBOX_FILE = "sandbox.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of one `tagbuy up`. It holds no secret: it travels on a command line."""

    state_dir: Path
    with_demo: bool
    servers_only: bool
    has_own_postgres: bool
    """Otherwise DATABASE_URL names the server."""
    has_own_valkey: bool
    """Otherwise REDIS_URL names the server."""
    pg_bin: Path | None
    api_host: str
    api_port: int
    flower_port: int
    sandbox_port: int

    @property
    def logs(self) -> Path:
        """Return the directory of the logs."""
        return self.state_dir / LOGS

    @property
    def sandbox_dir(self) -> Path:
        """Return the directory of the sandbox's world and certificate."""
        return self.state_dir / "sandbox"

    def to_json(self) -> str:
        """Return the plan as text."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the plan that `to_json` wrote."""
        values = json.loads(text)
        for field in fields(cls):
            if "Path" in str(field.type) and values[field.name] is not None:
                values[field.name] = Path(values[field.name])
        return cls(**values)
