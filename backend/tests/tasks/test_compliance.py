"""The task that judges one content, called as a worker calls it."""

from datetime import timedelta

from sqlalchemy import select

from app.content import registration, seen_posts
from app.core.db import TransactionFactory
from app.instagram.fake import make_post
from app.models import ComplianceVerdict, InfluencerPost, Notification
from app.tasks import celery_app
from tests.builders import NOW, make_influencer, saved_participation


def test_a_content_is_judged_once_however_often_the_message_comes(own_database: TransactionFactory) -> None:
    influencer = make_influencer("ana")
    campaign_id = saved_participation(own_database, influencer)
    with own_database() as session:
        post = make_post("3000000000000000001", taken_at=NOW, caption="바다 #여름휴가")
        seen_posts.store_posts(session, influencer.id, [post], now=NOW)
        row = session.scalars(select(InfluencerPost)).one()
        content_id = registration.register_content(
            session,
            row,
            campaign_id=campaign_id,
            post_type="photo",
            match={},
            retention=timedelta(days=180),
            now=NOW,
        )

    # A task that is imported above would be bound by pytest's collection, before there is a broker.
    celery_app.loader.import_default_modules()
    analyze_post_compliance = celery_app.tasks["analyze_post_compliance"]
    verdicts = [analyze_post_compliance(str(content_id)) for _ in range(2)]

    with own_database() as session:
        rows = session.scalars(select(ComplianceVerdict)).all()
        events = session.scalars(select(Notification.event)).all()
    assert analyze_post_compliance.ignore_result is False
    assert verdicts == ["non-compliant", "non-compliant"]
    assert [(row.content_id, row.rule) for row in rows] == [(content_id, "W-MISSING")]
    assert events == ["disclosure.missing"]
