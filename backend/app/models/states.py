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


class MentionPlace(StrEnum):
    """Where a required account may be named."""

    CAPTION = "caption"
    USERTAG = "usertag"
    COAUTHOR = "coauthor"


class Rule(StrEnum):
    """What a verdict's rules are about."""

    HASHTAG = "hashtag"
    ANY_HASHTAG = "any_hashtag"
    MENTION = "mention"
    CONTENT_TYPE = "content_type"
    PERIOD = "period"
    PHRASE = "phrase"
    FORBIDDEN_WORD = "forbidden_word"


class NearMissKind(StrEnum):
    """Why a post that does not match is shown to a person."""

    TYPO = "typo"
    PARTICLE = "particle"
    SCRIPT = "script"
    SPLIT = "split"
    NO_SIGN = "no_sign"
    OTHER_POST = "other_post"
    DAY_OUTSIDE = "day_outside"
    SIMILAR_ACCOUNT = "similar_account"
    OTHER_PLACE = "other_place"
    UNKNOWN_MENTION = "unknown_mention"
    NOTHING_REQUIRED = "nothing_required"
    NO_LONGER = "no_longer"
    REJECTED_BEFORE = "rejected_before"


class ReviewStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class Compensation(StrEnum):
    CASH = "cash"
    PRODUCT = "product"
    COMMISSION = "commission"
    DISCOUNT = "discount"


class DisclosureVerdict(StrEnum):
    """Whether a post discloses its sponsorship; `unclear`: a person decides."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non-compliant"
    UNCLEAR = "unclear"


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
    GRAPH_FEED = "graph_feed"
    """The official API's page, which tells neither plays nor shares."""
    MEDIA = "media"
    REELS = "reels"
    """The influencer's tab of reels."""


class AccountStatus(StrEnum):
    ACTIVE = "active"
    COOLING = "cooling"
    NEEDS_HUMAN = "needs_human"
    PAUSED = "paused"
    BANNED = "banned"


class DiscoveryKind(StrEnum):
    """Where new posts show beside the influencer's own feed."""

    USERTAGS = "usertags"
    """Posts in which a brand is tagged."""
    HASHTAG = "hashtag"
    """The newest posts with a campaign's hashtag."""
    TIMELINE = "timeline"
    """What a reader account is shown of the people whom it follows."""
    REELS = "reels"
    """An influencer's tab of reels: some are never in the feed."""
    TAGS = "tags"
    """The official form of `usertags`, for a brand that has connected its account."""
    MENTION = "mention"
    """One post, of which the official webhook said that it mentions the brand."""


class RequestKind(StrEnum):
    """What a request to Instagram asked for."""

    FEED = "feed"
    PROFILE = "profile"
    MEDIA = "media"
    DISCOVERY = "discovery"
    """A page beside the feeds, such as the posts in which a brand is tagged."""
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
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CAPTION_EDITED = "caption_edited"
    DISCLOSURE_REMOVED = "disclosure_removed"
    REQUIREMENT_REMOVED = "requirement_removed"
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
    DISCLOSURE_MISSING = "disclosure.missing"
    """A content's disclosure is non-compliant."""
    DISCLOSURE_REMOVED = "disclosure.removed"
    """An edit took the disclosure out."""
    REQUIREMENT_REMOVED = "requirement.removed"
    """An edit took out something that the campaign requires."""
    CONTENT_DELETED = "content.deleted"
    CONTENT_RESTORED = "content.restored"
    AUTHOR_HIDDEN = "author.hidden"
    VERDICTS_STOPPED = "verdicts.stopped"
    ACCOUNT_NEEDS_HUMAN = "account.needs_human"
    ACCOUNT_TOKEN_EXPIRES = "account.token_expires"  # noqa: S105 - the name of an event
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
