"""The tables. Importing this package registers all of them on `Base.metadata`."""

from app.models.base import Base, new_id
from app.models.campaign import Campaign
from app.models.campaign_content import CampaignContent
from app.models.campaign_influencer import CampaignInfluencer
from app.models.caption_revision import CaptionRevision
from app.models.compliance_verdict import ComplianceVerdict
from app.models.content_metrics import ContentMetrics
from app.models.discovery_source import DiscoverySource
from app.models.influencer import Influencer
from app.models.influencer_post import InfluencerPost
from app.models.influencer_profile import InfluencerProfile
from app.models.influencer_scan_log import InfluencerScanLog
from app.models.instagram_account import InstagramAccount
from app.models.instagram_request import InstagramRequest
from app.models.monitoring_log import MonitoringLog
from app.models.notification import Notification
from app.models.post_match import PostMatch
from app.models.provider_notice import ProviderNotice
from app.models.retention_check import RetentionCheck
from app.models.scan_market import ScanMarket
from app.models.user import User

__all__ = [
    "Base",
    "Campaign",
    "CampaignContent",
    "CampaignInfluencer",
    "CaptionRevision",
    "ComplianceVerdict",
    "ContentMetrics",
    "DiscoverySource",
    "Influencer",
    "InfluencerPost",
    "InfluencerProfile",
    "InfluencerScanLog",
    "InstagramAccount",
    "InstagramRequest",
    "MonitoringLog",
    "Notification",
    "PostMatch",
    "ProviderNotice",
    "RetentionCheck",
    "ScanMarket",
    "User",
    "new_id",
]
