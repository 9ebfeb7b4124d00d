"""What a scan does for registered contents: verdicts, daily proof, and alerts after edits."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.compliance import proof_chain, verdicts
from app.compliance.placement import fold_of
from app.core.clock import kst_date
from app.core.db import TransactionFactory, server_now
from app.core.errors import NotFound
from app.instagram.fake import FakeInstagram, make_post
from app.models import (
    Campaign,
    CampaignContent,
    CampaignInfluencer,
    ComplianceVerdict,
    Influencer,
    InfluencerPost,
    MonitoringLog,
    Notification,
    RetentionCheck,
    new_id,
)
from app.models.states import Compensation, ContentStatus, MonitoringEvent, NotificationEvent, UserRole
from app.monitoring.upkeep import look_after_contents
from tests.builders import make_influencer, make_user, saved, saved_account, saved_participation
from tests.monitoring.test_scan import SETTINGS, scanned

DISCLOSED = "#광고 바다! #여름휴가"
SILENT = "바다! #여름휴가"
ALERTS = (
    NotificationEvent.DISCLOSURE_MISSING,
    NotificationEvent.DISCLOSURE_REMOVED,
    NotificationEvent.REQUIREMENT_REMOVED,
)


@pytest.fixture
def today(transaction: TransactionFactory) -> date:
    with transaction() as session:
        return kst_date(server_now(session))


@pytest.fixture
def influencer(transaction: TransactionFactory, today: date) -> Influencer:
    """Takes part in a campaign that asks for #여름휴가."""
    saved_account(transaction)
    influencer = make_influencer("ana")
    saved_participation(
        transaction, influencer, start_date=today - timedelta(days=10), end_date=today + timedelta(days=10)
    )
    return influencer


def seen(transaction: TransactionFactory, influencer: Influencer, caption: str, **changes: Any) -> None:
    """Scan a feed with one post that says this."""
    with transaction() as session:
        taken_at = changes.pop("taken_at", server_now(session) - timedelta(hours=1))
    post = make_post("3000000000000000001", taken_at=taken_at, caption=caption, **changes)
    scanned(transaction, FakeInstagram({influencer.platform_uid or "": [post]}), influencer)


def seen_at(transaction: TransactionFactory, now: datetime) -> None:
    """See every stored post on a page at another time, without an edit."""
    with transaction() as session:
        post_ids = session.scalars(select(InfluencerPost.id)).all()
        look_after_contents(session, seen=post_ids, registered=[], now=now, settings=SETTINGS)


def all_verdicts(transaction: TransactionFactory) -> Sequence[tuple[str, str]]:
    with transaction() as session:
        rows = session.scalars(select(ComplianceVerdict).order_by(ComplianceVerdict.id)).all()
        return [(row.verdict.value, row.rule) for row in rows]


def checks(transaction: TransactionFactory) -> Sequence[RetentionCheck]:
    with transaction() as session:
        return session.scalars(select(RetentionCheck).order_by(RetentionCheck.sequence)).all()


def alerts(transaction: TransactionFactory) -> list[tuple[str, str]]:
    """Event and receiver's role, in the order in which they were written."""
    with transaction() as session:
        rows = session.execute(
            select(Notification.event, Notification.user_id, Campaign.advertiser_id)
            .join(Campaign, Campaign.id.is_not(None))
            .where(Notification.event.in_(ALERTS))
            .order_by(Notification.id)
        ).all()
        return [(event.value, "advertiser" if user == advertiser else "operator") for event, user, advertiser in rows]


def test_a_content_is_judged_and_proven_when_it_is_registered(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    seen(transaction, influencer, DISCLOSED)

    with transaction() as session:
        content = session.scalars(select(CampaignContent)).one()
        verdict = session.scalars(select(ComplianceVerdict)).one()
    [check] = checks(transaction)
    assert (verdict.content_id, verdict.verdict, verdict.rule) == (content.id, "compliant", "P-START")
    assert verdict.evidence == {"text": "#광고", "start": 0, "end": 3, "source": "caption"}
    assert verdict.rule_set == "2026-06-01"
    assert (check.content_id, check.sequence, check.removed, check.rule) == (content.id, 1, [], "P-START")
    assert check.caption_hash == verdict.caption_hash
    assert alerts(transaction) == []


def test_a_post_that_is_no_content_is_not_judged(transaction: TransactionFactory, influencer: Influencer) -> None:
    seen(transaction, influencer, "오늘의 기록")

    assert (all_verdicts(transaction), checks(transaction)) == ([], [])


def test_a_missing_disclosure_is_told_once(transaction: TransactionFactory, influencer: Influencer) -> None:
    saved(transaction, make_user(role=UserRole.OPERATOR))

    for _ in range(3):
        seen(transaction, influencer, SILENT)

    assert all_verdicts(transaction) == [("non-compliant", "W-MISSING")]
    assert alerts(transaction) == [("disclosure.missing", "advertiser"), ("disclosure.missing", "operator")]
    with transaction() as session:
        payload = session.scalars(
            select(Notification.payload).where(Notification.event == NotificationEvent.DISCLOSURE_MISSING).limit(1)
        ).one()
    assert payload["influencer_username"] == "ana"
    assert "본문 맨 앞에 다음 표시를 넣어 주세요: #광고" in payload["message"]


def test_an_unclear_disclosure_alarms_nobody(transaction: TransactionFactory, influencer: Influencer) -> None:
    seen(transaction, influencer, DISCLOSED, media_type=2, product_type="clips")

    assert all_verdicts(transaction) == [("unclear", "M-REELS")]
    assert alerts(transaction) == []


def test_the_agreed_compensation_counts(transaction: TransactionFactory, influencer: Influencer) -> None:
    with transaction() as session:
        session.execute(update(CampaignInfluencer).values(compensation=Compensation.CASH))

    seen(transaction, influencer, "#제품협찬 바다! #여름휴가")

    assert all_verdicts(transaction) == [("non-compliant", "W-MISMATCH")]


def test_an_edit_that_takes_the_disclosure_out_is_told_each_time_it_happens(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    for caption in (DISCLOSED, SILENT, SILENT, DISCLOSED, SILENT):
        seen(transaction, influencer, caption)

    assert [rule for _, rule in all_verdicts(transaction)] == ["P-START", "E-REMOVED", "P-START", "E-REMOVED"]
    assert alerts(transaction) == [("disclosure.removed", "advertiser")] * 2
    assert [check.rule for check in checks(transaction)] == ["P-START", "E-REMOVED", "P-START", "E-REMOVED"]
    with transaction() as session:
        events = session.scalars(select(MonitoringLog.event).order_by(MonitoringLog.id)).all()
    assert events.count(MonitoringEvent.DISCLOSURE_REMOVED) == 2


def test_an_edit_that_takes_a_required_hashtag_out_is_told(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    for caption in (DISCLOSED, "#광고 바다!", "#광고 바다"):
        seen(transaction, influencer, caption)

    assert alerts(transaction) == [("requirement.removed", "advertiser")]
    assert [check.removed for check in checks(transaction)] == [[], ["#여름휴가"], ["#여름휴가"]]


def test_an_edit_that_keeps_what_was_agreed_alarms_nobody(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    for caption in (DISCLOSED, DISCLOSED + " 좋아요", "#광고 #여름휴가"):
        seen(transaction, influencer, caption)

    assert alerts(transaction) == []
    assert [check.removed for check in checks(transaction)] == [[], [], []]


def test_a_source_that_leaves_mentions_out_does_not_make_them_removed(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    with transaction() as session:
        session.execute(update(Campaign).values(required_mentions=["lumi"]))
    seen(transaction, influencer, DISCLOSED + " @lumi")

    seen(transaction, influencer, DISCLOSED + " lumi 좋아요", are_mentions_known=False)
    unknown = [check.removed for check in checks(transaction)]
    seen(transaction, influencer, DISCLOSED + " 좋아요")

    assert unknown == [[], []]
    assert checks(transaction)[-1].removed == ["@lumi"]


def test_a_requirement_that_was_added_later_is_not_held_against_the_influencer(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    seen(transaction, influencer, DISCLOSED)
    with transaction() as session:
        session.execute(update(Campaign).values(required_hashtags=["여름휴가", "겨울바다"]))

    seen(transaction, influencer, DISCLOSED + " 좋아요")

    assert alerts(transaction) == []
    assert checks(transaction)[-1].removed == []


def test_proof_is_one_row_a_day(transaction: TransactionFactory, influencer: Influencer) -> None:
    seen(transaction, influencer, DISCLOSED)
    [first] = checks(transaction)

    for hours in (1, 2, 24, 25, 48, 72, 72):
        seen_at(transaction, first.checked_at + timedelta(hours=hours))

    days = {kst_date(check.checked_at) for check in checks(transaction)}
    assert len(checks(transaction)) == len(days)
    assert {kst_date(first.checked_at) + timedelta(days=day) for day in range(4)} <= days
    assert all_verdicts(transaction) == [("compliant", "P-START")]


def test_each_check_follows_from_the_one_before(transaction: TransactionFactory, influencer: Influencer) -> None:
    seen(transaction, influencer, DISCLOSED)
    seen(transaction, influencer, SILENT)

    with transaction() as session:
        content = session.scalars(select(CampaignContent)).one()
    first, second = checks(transaction)
    start = proof_chain.first_hash(
        content_id=str(content.id), media_pk=content.instagram_media_pk, posted_at=content.posted_at
    )
    assert first.hash == proof_chain.next_hash(start, proof_chain.check_of(first).as_document())
    assert second.hash == proof_chain.next_hash(first.hash, proof_chain.check_of(second).as_document())


def test_the_first_sighting_after_the_end_is_the_last(transaction: TransactionFactory, influencer: Influencer) -> None:
    seen(transaction, influencer, DISCLOSED)
    with transaction() as session:
        ends_at = session.scalars(select(CampaignContent.retention_until)).one()

    for days in (0, 1, 2):
        seen_at(transaction, ends_at + timedelta(days=days))

    assert [check.checked_at for check in checks(transaction)][1:] == [ends_at]


def test_a_rejected_content_is_left_alone(transaction: TransactionFactory, influencer: Influencer) -> None:
    seen(transaction, influencer, DISCLOSED)
    with transaction() as session:
        session.execute(update(CampaignContent).values(status=ContentStatus.REJECTED))

    seen(transaction, influencer, SILENT)

    assert (len(checks(transaction)), alerts(transaction)) == (1, [])


def test_a_content_that_was_registered_unseen_is_judged_but_not_proven(
    transaction: TransactionFactory, influencer: Influencer
) -> None:
    seen(transaction, influencer, SILENT)
    with transaction() as session:
        for table in (RetentionCheck, ComplianceVerdict):
            for row in session.scalars(select(table)):
                session.delete(row)
        content_id = session.scalars(select(CampaignContent.id)).one()

    with transaction() as session:
        look_after_contents(session, seen=[], registered=[content_id], now=server_now(session), settings=SETTINGS)

    assert (all_verdicts(transaction), checks(transaction)) == ([("non-compliant", "W-MISSING")], [])


def test_judging_by_hand_changes_nothing_that_is_known(transaction: TransactionFactory, influencer: Influencer) -> None:
    seen(transaction, influencer, SILENT)
    with transaction() as session:
        content_id = session.scalars(select(CampaignContent.id)).one()

    with transaction() as session:
        verdict = verdicts.analyze_content(session, content_id, fold=fold_of(SETTINGS), now=server_now(session))

    assert verdict.rule == "W-MISSING"
    assert (len(all_verdicts(transaction)), len(alerts(transaction))) == (1, 1)


def test_an_unknown_content_is_named(transaction: TransactionFactory) -> None:
    unknown = new_id()

    with transaction() as session, pytest.raises(NotFound, match=str(unknown)):
        verdicts.analyze_content(session, unknown, fold=fold_of(SETTINGS), now=server_now(session))
