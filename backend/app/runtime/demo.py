"""The demo: settings that let one see something soon, and the sandbox's cast as influencers, campaigns and accounts.

`python -m app.runtime.demo` saves the cast; doing it again changes nothing.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.request import urlopen

from app.campaigns.import_campaigns import save_campaigns, validated_campaigns
from app.campaigns.import_influencers import save_influencers, validated_influencers
from app.campaigns.problems import Problem
from app.core import db
from app.core.clock import utc_now
from app.core.config import get_settings
from app.core.errors import InvalidInput, TagBuyError
from app.runtime import state
from app.runtime.plan import SANDBOX_FILE
from app.scheduling.accounts import make_active, save_account


def seed(cast: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Save the people, orders and logins of a sandbox's world.

    Raises:
        InvalidInput: the cast is not in the form of our own imports.
    """
    influencers, influencer_problems = validated_influencers(cast["influencers"])
    campaigns, campaign_problems = validated_campaigns(cast["campaigns"])
    _refuse([*influencer_problems, *campaign_problems])
    now = utc_now()
    with db.transaction() as session:
        save_influencers(session, influencers, now=now)
        save_campaigns(session, campaigns, now=now)
        for account in cast["accounts"]:
            reader = save_account(
                session,
                username=account["username"],
                settings=account["settings"],
                proxy=account["proxy"],
                is_sandbox=True,
            )
            make_active(reader)  # a fault of the last run ends with it
            reader.last_error = None


def main() -> int:
    """Seed from the sandbox that runs in the state directory."""
    listens = state.read_json(get_settings().state_dir / "sandbox" / SANDBOX_FILE)
    try:
        with urlopen(f"{listens['control_url']}/cast", timeout=20) as answer:  # noqa: S310 - our own address
            seed(json.load(answer))
    except (TagBuyError, OSError, KeyError) as error:
        sys.stderr.write(f"The demo cannot be seeded: {error!r}\n")
        return 1
    return 0


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InvalidInput("; ".join(str(problem) for problem in problems[:5]))


if __name__ == "__main__":
    sys.exit(main())
