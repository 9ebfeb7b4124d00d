"""The states that rows can be in. The values are stored and published: they change only with a migration."""

from enum import StrEnum


class Platform(StrEnum):
    INSTAGRAM = "instagram"
    TIKTOK = "tiktok"
    YOUTUBE = "youtube"
    NAVER_BLOG = "naver_blog"


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ContentType(StrEnum):
    """What a campaign asks for; `video` is every video, a reel as well."""

    ANY = "any"
    PHOTO = "photo"
    VIDEO = "video"
    REEL = "reel"
    ALBUM = "album"
    STORY = "story"


class Compensation(StrEnum):
    CASH = "cash"
    PRODUCT = "product"
    COMMISSION = "commission"
    DISCOUNT = "discount"


class ScanPriority(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ContentStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    MONITORING = "monitoring"
    REJECTED = "rejected"
    DELETED = "deleted"


class Existence(StrEnum):
    PRESENT = "present"
    SUSPECTED = "suspected"
    UNAVAILABLE = "unavailable"
    AUTHOR_HIDDEN = "author_hidden"
    DELETED = "deleted"
    RESTORED = "restored"


class MetricsSource(StrEnum):
    """Which answer a sample was read from."""

    FEED = "feed"
    MEDIA = "media"


class AccountStatus(StrEnum):
    ACTIVE = "active"
    COOLING = "cooling"
    NEEDS_HUMAN = "needs_human"
    PAUSED = "paused"
    BANNED = "banned"


class RequestKind(StrEnum):
    """What a request to Instagram asked for."""

    FEED = "feed"
    PROFILE = "profile"
    MEDIA = "media"
    LOGIN = "login"
    """One of the requests that make up a login."""


class RequestOutcome(StrEnum):
    """How a request ended; `in_flight` until it is released, and for ever where the holder died."""

    IN_FLIGHT = "in_flight"
    OK = "ok"
    COOLING = "cooling"
    NEEDS_HUMAN = "needs_human"
    TRANSIENT = "transient"
    OUTDATED = "outdated"
    TARGET = "target"
    NOT_SENT = "not_sent"


class MonitoringEvent(StrEnum):
    """What a line of a content's monitoring log tells."""

    REGISTERED = "registered"
    CAPTION_EDITED = "caption_edited"
    SUSPECTED = "suspected"
    UNAVAILABLE = "unavailable"
    AUTHOR_HIDDEN = "author_hidden"
    DELETED = "deleted"
    RESTORED = "restored"
    SEEN_AGAIN = "seen_again"
    CHECKED = "checked"
    """A check that changed no state."""
    VERDICT_STOPPED = "verdict_stopped"
    """Too much vanished at once for a verdict."""


class NotificationEvent(StrEnum):
    CONTENT_REGISTERED = "content.registered"
    CONTENT_DELETED = "content.deleted"
    CONTENT_RESTORED = "content.restored"
    AUTHOR_HIDDEN = "author.hidden"
    VERDICTS_STOPPED = "verdicts.stopped"
    ACCOUNT_NEEDS_HUMAN = "account.needs_human"
    PROVIDER_OUTDATED = "provider.outdated"


class NotificationStatus(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class UserRole(StrEnum):
    ADMIN = "admin"
    OPERATOR = "operator"
    ADVERTISER = "advertiser"
    INFLUENCER = "influencer"


class Locale(StrEnum):
    KO = "ko"
    EN = "en"
