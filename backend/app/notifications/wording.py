"""What notifications say, in each language. A text that is missing in one of them does not type-check."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.models.states import Locale


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one language; `{…}` are filled with the notification's payload."""

    greeting: str
    time: str
    """A `strftime` pattern for an instant in Korean time."""
    none: str

    registered_subject: str
    registered_opening: str
    registered_closing: str
    campaign: str
    influencer: str
    posted_at: str
    post_type: str
    hashtags: str
    mentions: str
    open_post: str
    post_types: Mapping[str, str]

    disclosure_missing_subject: str
    disclosure_missing_opening: str
    disclosure_removed_subject: str
    disclosure_removed_opening: str
    disclosure_closing: str
    finding: str
    requirement_removed_subject: str
    requirement_removed_opening: str
    requirement_removed_closing: str
    removed: str

    account_subject: str
    account_opening: str
    account_closing: str
    account: str
    provider: str
    reason: str
    reasons: Mapping[str, str]
    """What Instagram's short error names mean; the name is shown as well."""

    renewal_subject: str
    renewal_opening: str
    renewal_closing: str
    """What to do about a token of the official API that ends or was refused."""
    valid_until: str

    outdated_subject: str
    outdated_opening: str
    outdated_closing: str

    deleted_subject: str
    deleted_opening: str
    deleted_closing: str
    restored_subject: str
    restored_opening: str
    restored_closing: str
    last_seen_at: str
    missing_since: str
    confirmed_at: str
    restored_at: str
    retention_until: str

    hidden_subject: str
    hidden_opening: str
    hidden_closing: str
    hidden_since: str

    stopped_subject: str
    stopped_opening: str
    stopped_closing: str
    stopped_at: str


KOREAN = Wording(
    greeting="안녕하세요.",
    time="%Y년 %m월 %d일 %H:%M (한국 시간)",
    none="없음",
    registered_subject="[TagBuy] ‘{campaign}’ 캠페인에 @{influencer} 님의 게시물이 등록되었습니다",
    registered_opening="‘{campaign}’ 캠페인의 요건을 충족하는 새 게시물을 확인하여 등록했습니다.",
    registered_closing="유지 기한이 끝날 때까지 이 게시물을 계속 확인합니다.",
    campaign="캠페인",
    influencer="인플루언서",
    posted_at="게시 시각",
    post_type="게시물 형식",
    hashtags="확인된 해시태그",
    mentions="확인된 멘션",
    open_post="게시물 보기",
    post_types={"photo": "사진", "video": "동영상", "reel": "릴스", "album": "여러 장(앨범)"},
    disclosure_missing_subject="[TagBuy] 광고 표시를 확인해 주세요: ‘{campaign}’ @{influencer}",
    disclosure_missing_opening=(
        "‘{campaign}’ 캠페인에 등록된 @{influencer} 님의 게시물에서 공정위 심사지침에 맞는 광고(경제적 이해관계) "
        "표시를 확인하지 못했습니다."
    ),
    disclosure_removed_subject="[TagBuy] 광고 표시가 수정으로 사라졌습니다: ‘{campaign}’ @{influencer}",
    disclosure_removed_opening=(
        "‘{campaign}’ 캠페인에 등록된 @{influencer} 님의 게시물이 수정되면서 처음에 있던 광고 표시가 없어졌습니다."
    ),
    disclosure_closing=(
        "인플루언서에게 수정을 요청해 주세요. 수정된 본문은 다음 확인 때 자동으로 다시 점검합니다. 이 판정은 공정위 "
        "심사지침을 바탕으로 한 자동 점검 결과이며 법률 자문이 아닙니다."
    ),
    finding="점검 결과",
    requirement_removed_subject="[TagBuy] 필수 항목이 수정으로 빠졌습니다: ‘{campaign}’ @{influencer}",
    requirement_removed_opening=(
        "‘{campaign}’ 캠페인에 등록된 @{influencer} 님의 게시물이 수정되면서 캠페인이 요구한 항목이 빠졌습니다."
    ),
    requirement_removed_closing=(
        "인플루언서에게 빠진 항목을 다시 넣어 달라고 요청해 주세요. 유지 기간의 점검 기록에도 남습니다."
    ),
    removed="빠진 항목",
    account_subject="[TagBuy 운영] 조회 계정 확인이 필요합니다: @{account}",
    account_opening="조회 계정 @{account}(으)로는 Instagram을 읽을 수 없어, 이 계정의 사용을 멈췄습니다.",
    account_closing=(
        "Instagram 앱에서 이 계정으로 로그인하여 안내에 따라 확인을 마친 뒤, `tagbuy account login`으로 다시 로그인해 "
        "주세요. 연결이 되지 않은 것이 사유라면 이 계정의 프록시를 먼저 확인해 주세요. 그때까지는 다른 계정으로 수집을 "
        "계속하며, 사용할 수 있는 계정이 없으면 수집이 멈춥니다."
    ),
    account="계정",
    provider="연동 방식",
    reason="사유",
    reasons={
        "login_required": "로그인이 풀렸습니다",
        "challenge_required": "본인 확인을 요구합니다",
        "masked_challenge": "본인 확인을 요구하는 것으로 보입니다",
        "checkpoint_required": "보안 확인을 요구합니다",
        "two_factor_required": "2단계 인증을 요구합니다",
        "consent_required": "약관 동의를 요구합니다",
        "bad_credentials": "아이디 또는 비밀번호가 맞지 않습니다",
        "account_suspended": "계정이 정지되었습니다",
        "graph_token": "액세스 토큰이 만료되었거나 취소되었습니다",
        "graph_permission": "토큰에 필요한 권한이 없습니다",
        "own_account_refused": "토큰이 자사 Instagram 계정을 읽을 수 없습니다",
        "token_unreadable": "저장된 토큰 정보를 읽을 수 없습니다",
        "needs_upgrade": "앱 버전이 오래되었습니다",
        "unknown_query": "앱이 보내는 요청 형식이 없어졌습니다",
    },
    renewal_subject="[TagBuy 운영] 공식 API 토큰({account})을 갱신해 주세요",
    renewal_opening="공식 API 토큰({account})의 유효 기간은 {expires_at}까지입니다.",
    renewal_closing=(
        "Meta 개발자 앱에서 필요한 권한이 있는 장기 토큰을 새로 발급받아 이 계정에 등록해 주세요. 유효한 토큰이 "
        "없으면 공식 API를 통한 수집이 멈춥니다."
    ),
    valid_until="유효 기간",
    outdated_subject="[TagBuy 운영] Instagram 연동({provider}) 업데이트가 필요합니다",
    outdated_opening=(
        "Instagram이 현재 버전의 연동({provider})을 더 이상 받지 않아, 이 방식의 수집을 모두 멈췄습니다. "
        "업데이트할 때까지 새 게시물을 찾지 못합니다."
    ),
    outdated_closing=(
        "TagBuy Monitor를 최신 버전으로 업데이트한 뒤 다시 시작해 주세요. 멈춘 동안의 게시물은 다시 시작하면 이어서 "
        "확인합니다."
    ),
    deleted_subject="[TagBuy] ‘{campaign}’ 캠페인의 @{influencer} 님 게시물을 더 이상 볼 수 없습니다",
    deleted_opening=(
        "‘{campaign}’ 캠페인에 등록된 게시물이 삭제되었거나 보관(숨김) 처리된 것을 두 차례에 걸쳐 확인했습니다. "
        "작성자의 프로필은 공개 상태입니다."
    ),
    deleted_closing="게시물이 다시 보이면 바로 알려 드립니다. 확인 기록은 게시물의 모니터링 기록에 남아 있습니다.",
    restored_subject="[TagBuy] ‘{campaign}’ 캠페인의 @{influencer} 님 게시물이 다시 보입니다",
    restored_opening="‘{campaign}’ 캠페인에서 사라졌던 게시물이 다시 보입니다. 앞서 보내 드린 알림은 종료되었습니다.",
    restored_closing="유지 기간이 끝날 때까지 이 게시물을 계속 확인합니다.",
    last_seen_at="마지막으로 확인된 시각",
    missing_since="처음 보이지 않은 시각",
    confirmed_at="삭제 확정 시각",
    restored_at="다시 확인된 시각",
    retention_until="유지 기한",
    hidden_subject="[TagBuy 운영] @{influencer} 님의 프로필을 7일 넘게 볼 수 없습니다",
    hidden_opening=(
        "@{influencer} 님의 프로필이 비공개이거나 찾을 수 없어 등록된 게시물을 확인하지 못하고 있습니다. 게시물이 "
        "삭제된 것으로 판정하지 않았으며, 광고주에게도 알리지 않았습니다."
    ),
    hidden_closing="인플루언서에게 프로필 상태를 확인해 주세요. 프로필이 다시 공개되면 자동으로 이어서 확인합니다.",
    hidden_since="볼 수 없게 된 시각",
    stopped_subject="[TagBuy 운영] 게시물이 한꺼번에 사라져 삭제 판정을 멈췄습니다",
    stopped_opening=(
        "하루 사이에 확인 대상 게시물의 10 %가 넘게 사라진 것으로 보입니다. 실제 삭제보다 조회 계정이나 Instagram 쪽의 "
        "문제일 가능성이 커서 삭제 판정을 멈췄고, 광고주에게 알리지 않았습니다."
    ),
    stopped_closing=(
        "`tagbuy account list`로 계정 상태를 확인하고, 사라진 게시물 몇 개를 앱에서 직접 열어 보세요. 문제가 없으면 "
        "처음 보이지 않은 때부터 하루가 지난 뒤 판정이 자동으로 이어집니다."
    ),
    stopped_at="멈춘 시각",
)

ENGLISH = Wording(
    greeting="Hello,",
    time="%Y-%m-%d %H:%M (Korean time)",
    none="none",
    registered_subject="[TagBuy] A post by @{influencer} was registered for “{campaign}”",
    registered_opening="A new post meets the requirements of your campaign “{campaign}” and has been registered.",
    registered_closing="We keep watching the post until its retention ends.",
    campaign="Campaign",
    influencer="Influencer",
    posted_at="Posted",
    post_type="Type of post",
    hashtags="Hashtags found",
    mentions="Mentions found",
    open_post="Open the post",
    post_types={"photo": "photo", "video": "video", "reel": "reel", "album": "album"},
    disclosure_missing_subject="[TagBuy] Check the disclosure: “{campaign}” @{influencer}",
    disclosure_missing_opening=(
        "The post by @{influencer} in your campaign “{campaign}” has no disclosure of the sponsorship that fits the "
        "Korean guideline (KFTC)."
    ),
    disclosure_removed_subject="[TagBuy] A disclosure was edited out: “{campaign}” @{influencer}",
    disclosure_removed_opening=(
        "The post by @{influencer} in your campaign “{campaign}” was edited, and the disclosure that it had is gone."
    ),
    disclosure_closing=(
        "Ask the influencer for a correction; the corrected caption is checked again by itself. This is the result of "
        "an automatic check, an aid and not legal advice."
    ),
    finding="Finding (Korean)",
    requirement_removed_subject="[TagBuy] A requirement was edited out: “{campaign}” @{influencer}",
    requirement_removed_opening=(
        "The post by @{influencer} in your campaign “{campaign}” was edited, and lacks something that the campaign "
        "requires."
    ),
    requirement_removed_closing=(
        "Ask the influencer to put it back. The record of the retention period keeps what happened."
    ),
    removed="Removed",
    account_subject="[TagBuy operations] The reader account @{account} needs attention",
    account_opening="The reader account @{account} cannot read Instagram, so it is no longer used.",
    account_closing=(
        "Log in to Instagram's app with this account and complete what it asks for, then log it in again with "
        "`tagbuy account login`. Where the reason is a connection that fails, look at its proxy first. Until then the "
        "other accounts go on; where there is none, collection stands still."
    ),
    account="Account",
    provider="Provider",
    reason="Reason",
    reasons={
        "login_required": "it was logged out",
        "challenge_required": "it must prove its identity",
        "masked_challenge": "it probably must prove its identity",
        "checkpoint_required": "it must pass a security check",
        "two_factor_required": "it must enter a second factor",
        "consent_required": "it must accept new terms",
        "bad_credentials": "the name or the password is wrong",
        "account_suspended": "the account is suspended",
        "graph_token": "the access token has expired or was revoked",
        "graph_permission": "the token lacks a permission",
        "own_account_refused": "the token cannot read your own Instagram account",
        "token_unreadable": "the stored token cannot be read",
        "needs_upgrade": "the app's version is too old",
        "unknown_query": "the app's query no longer exists",
    },
    renewal_subject="[TagBuy operations] Renew the token {account} of the official API",
    renewal_opening="The token {account} of the official API is valid until {expires_at}.",
    renewal_closing=(
        "Issue a new long-lived token with the needed permissions in your Meta developer app and store it with this "
        "account. Without a valid token, collection through the official API stands still."
    ),
    valid_until="Valid until",
    outdated_subject="[TagBuy operations] The Instagram provider {provider} must be updated",
    outdated_opening=(
        "Instagram no longer accepts this version of the provider {provider}, so all of its requests have stopped. "
        "No new posts are found until it is updated."
    ),
    outdated_closing=(
        "Update TagBuy Monitor to the latest version and start it again. The posts of the meantime are read then."
    ),
    deleted_subject="[TagBuy] A post by @{influencer} for “{campaign}” can no longer be seen",
    deleted_opening=(
        "We have confirmed twice that a post of your campaign “{campaign}” was removed or archived. Its author's "
        "profile is public."
    ),
    deleted_closing="We tell you as soon as the post is back. The evidence is kept in the post's monitoring log.",
    restored_subject="[TagBuy] A post by @{influencer} for “{campaign}” is back",
    restored_opening="A post of your campaign “{campaign}” that was gone is back. The earlier alert is closed.",
    restored_closing="We keep watching the post until its retention ends.",
    last_seen_at="Last seen",
    missing_since="First missing",
    confirmed_at="Removal confirmed",
    restored_at="Seen again",
    retention_until="To be kept until",
    hidden_subject="[TagBuy operations] The profile of @{influencer} has been out of sight for more than 7 days",
    hidden_opening=(
        "The profile of @{influencer} is private or cannot be found, so their registered posts cannot be checked. They "
        "have not been declared removed, and the advertiser has not been told."
    ),
    hidden_closing="Ask the influencer about the profile. Checks go on by themselves when it is public again.",
    hidden_since="Out of sight since",
    stopped_subject="[TagBuy operations] Too many posts vanished at once: no removal is declared",
    stopped_opening=(
        "More than 10 % of the watched posts seem to have vanished within a day. That is more likely a fault of the "
        "reader accounts or of Instagram than true, so removals are no longer declared and no advertiser has been told."
    ),
    stopped_closing=(
        "Look at `tagbuy account list`, and open a few of the vanished posts in the app. Where nothing is wrong, "
        "verdicts go on by themselves a day after the posts were first missing."
    ),
    stopped_at="Stopped",
)

WORDINGS: Mapping[Locale, Wording] = {Locale.KO: KOREAN, Locale.EN: ENGLISH}
