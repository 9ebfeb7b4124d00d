"""The contents to look after, with everything that their verdicts and checks need, in four queries for a page."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.models import (
    Campaign,
    CampaignContent,
    CampaignInfluencer,
    CaptionRevision,
    ComplianceVerdict,
    Influencer,
    InfluencerPost,
    RetentionCheck,
)
from app.models.states import Compensation, ContentStatus


@dataclass(frozen=True, slots=True)
class WatchedContent:
    """A content, its post as last seen, and what was known about it before."""

    content: CampaignContent
    post: InfluencerPost
    campaign: Campaign
    influencer_username: str
    compensation: Compensation | None
    revisions: Sequence[CaptionRevision]
    """Every edit that was seen, the oldest first."""
    last_verdict: ComplianceVerdict | None
    last_check: RetentionCheck | None

    @property
    def caption_at_registration(self) -> str:
        """Return what the caption said when the post became a content."""
        later = (revision for revision in self.revisions if revision.seen_at > self.content.submitted_at)
        first_edit = next(later, None)
        return self.post.caption if first_edit is None else first_edit.caption_before


def watched_contents(
    session: Session, *, post_ids: Collection[UUID] = (), content_ids: Collection[UUID] = ()
) -> Sequence[WatchedContent]:
    """Return the contents of these posts and with these ids, locked until the transaction ends; no rejected ones."""
    rows = session.execute(
        select(CampaignContent, InfluencerPost, Campaign, Influencer.username, CampaignInfluencer.compensation)
        .join(InfluencerPost, InfluencerPost.id == CampaignContent.post_id)
        .join(Campaign, Campaign.id == CampaignContent.campaign_id)
        .join(Influencer, Influencer.id == CampaignContent.influencer_id)
        .outerjoin(
            CampaignInfluencer,
            (CampaignInfluencer.campaign_id == CampaignContent.campaign_id)
            & (CampaignInfluencer.influencer_id == CampaignContent.influencer_id),
        )
        .where(
            CampaignContent.post_id.in_(post_ids) | CampaignContent.id.in_(content_ids),
            CampaignContent.status != ContentStatus.REJECTED,
        )
        .order_by(CampaignContent.id)
        .with_for_update(of=CampaignContent, key_share=True)
    ).all()
    if not rows:
        return []
    found = [row[0].id for row in rows]
    revisions = _revisions(session, {row[1].id for row in rows})
    verdicts = _newest_verdicts(session, found)
    checks = _newest_checks(session, found)
    return [
        WatchedContent(
            content=content,
            post=post,
            campaign=campaign,
            influencer_username=username,
            compensation=compensation,
            revisions=revisions[post.id],
            last_verdict=verdicts.get(content.id),
            last_check=checks.get(content.id),
        )
        for content, post, campaign, username, compensation in rows
    ]


def _revisions(session: Session, post_ids: Collection[UUID]) -> Mapping[UUID, list[CaptionRevision]]:
    revisions: defaultdict[UUID, list[CaptionRevision]] = defaultdict(list)
    for revision in session.scalars(
        select(CaptionRevision)
        .where(CaptionRevision.post_id.in_(post_ids))
        .order_by(CaptionRevision.seen_at, CaptionRevision.id)
    ):
        revisions[revision.post_id].append(revision)
    return revisions


def _newest_verdicts(session: Session, content_ids: Collection[UUID]) -> Mapping[UUID, ComplianceVerdict]:
    newest = session.scalars(
        select(ComplianceVerdict)
        .ext(distinct_on(ComplianceVerdict.content_id))
        .where(ComplianceVerdict.content_id.in_(content_ids))
        .order_by(ComplianceVerdict.content_id, ComplianceVerdict.checked_at.desc(), ComplianceVerdict.id.desc())
    )
    return {verdict.content_id: verdict for verdict in newest}


def _newest_checks(session: Session, content_ids: Collection[UUID]) -> Mapping[UUID, RetentionCheck]:
    newest = session.scalars(
        select(RetentionCheck)
        .ext(distinct_on(RetentionCheck.content_id))
        .where(RetentionCheck.content_id.in_(content_ids))
        .order_by(RetentionCheck.content_id, RetentionCheck.sequence.desc())
    )
    return {check.content_id: check for check in newest}
