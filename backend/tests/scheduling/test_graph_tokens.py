"""Tokens of the official API: limits of their own, and an alert before they end."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from app.core.config import Settings
from app.core.db import TransactionFactory, server_now
from app.models import InstagramAccount
from app.models.states import AccountStatus, RequestKind, RequestOutcome
from app.scheduling import account_pool, accounts, graph_tokens
from app.scheduling.account_pool import Errand, Lease, Wait
from app.scheduling.allowance import Limits, Urgency
from tests.builders import NOW, saved_account


def save_token(
    transaction: TransactionFactory, name: str, expires_at: datetime | None, *, provider: str = "graph", **changes: Any
) -> None:
    settings = {
        "access_token": f"EAA{name}",
        "ig_user_id": "1784",
        "expires_at": None if expires_at is None else expires_at.isoformat(),
    } | changes
    with transaction() as session:
        accounts.save_account(session, username=name, settings=settings, proxy=None, provider=provider)


def test_tokens_that_end_soon_are_found_the_earliest_first(transaction: TransactionFactory) -> None:
    ends = {"later": 11, "soon": 9, "over": -1}
    for name, days in ends.items():
        save_token(transaction, name, NOW + timedelta(days=days))
    save_token(transaction, "endless", None)
    save_token(transaction, "private", NOW, provider="instagrapi")
    save_token(transaction, "broken", NOW, access_token=None)

    with transaction() as session:
        found = graph_tokens.expiring_tokens(session, now=NOW)

    assert [token.username for token in found] == ["over", "soon"]
    assert found[1].as_payload() == {
        "account_username": "soon",
        "expires_at": (NOW + timedelta(days=9)).isoformat(),
    }


def test_a_token_that_nobody_uses_or_can_open_raises_no_alert(transaction: TransactionFactory) -> None:
    for name in ("paused", "sealed"):
        save_token(transaction, name, NOW)
    with transaction() as session:
        session.execute(
            update(InstagramAccount).where(InstagramAccount.username == "paused").values(status=AccountStatus.PAUSED)
        )
        session.execute(
            update(InstagramAccount).where(InstagramAccount.username == "sealed").values(session=b"\x01" + bytes(40))
        )

    with transaction() as session:
        assert graph_tokens.expiring_tokens(session, now=NOW) == []


def test_a_renewed_token_is_another_incident(transaction: TransactionFactory) -> None:
    save_token(transaction, "token", NOW)
    with transaction() as session:
        [before] = graph_tokens.expiring_tokens(session, now=NOW)
    save_token(transaction, "token", NOW + timedelta(days=5))

    with transaction() as session:
        [after] = graph_tokens.expiring_tokens(session, now=NOW)

    assert before.account_id == after.account_id
    assert before.incident != after.incident


def test_tokens_are_leased_by_their_own_hourly_limit_and_apart_from_the_accounts(
    transaction: TransactionFactory,
) -> None:
    saved_account(transaction)
    save_token(transaction, "token", None)
    settings = Settings(
        graph_requests_per_hour=3, request_spacing=timedelta(microseconds=1), request_jitter=timedelta(microseconds=1)
    )
    answers: list[Lease | Wait] = []

    for _ in range(4):
        with transaction() as session:
            answer = account_pool.lease_account(
                session,
                Errand(RequestKind.FEED, "lumi", Urgency.URGENT),
                provider=graph_tokens.PROVIDER,
                limits=Limits.from_settings(settings, graph_tokens.PROVIDER),
            )
            if isinstance(answer, Lease):
                account_pool.release_lease(session, answer, outcome=RequestOutcome.OK, was_answered=True)
            answers.append(answer)

    leased = [answer for answer in answers if isinstance(answer, Lease)]
    assert [answer.account.username for answer in leased] == ["token"] * 3
    assert isinstance(answers[3], Wait)
    with transaction() as session:
        assert answers[3].until is not None
        assert answers[3].until - server_now(session) > timedelta(minutes=59)
