"""The written notice without whose acceptance the private API is not used, and who accepted it.

A change of the text that matters gets a new `NOTICE_VERSION`; the provider is off again until somebody accepts it.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import ConfigurationError
from app.models import InstagramAccount, ProviderNotice, new_id

NOTICE_VERSION = "2026-11"
PRIVATE_PROVIDERS = frozenset({"instagrapi"})
"""Providers that speak an API which Instagram offers to its own app only."""

NOTICE_KO = """\
비공식 API 사용에 관한 고지 (instagrapi)

1. 이 제공자는 인스타그램 앱이 쓰는 비공개 API를 로그인한 계정으로 호출합니다. 인스타그램 이용약관은 허가 없는 자동
   수집을 금지하므로, 이 제공자를 쓰는 것은 약관 위반이 될 수 있습니다.
2. 인스타그램은 수집에 쓰인 계정을 예고 없이 제한, 인증 요구, 정지 또는 삭제할 수 있습니다. 회사 공식 계정이나 개인
   계정이 아니라, 잃어도 되는 전용 계정만 등록하십시오.
3. 이 프로그램의 요청 한도는 위험을 줄일 뿐 없애지 못합니다. 안전이 보장되는 한도는 알려져 있지 않습니다.
4. 공개 계정의 게시물도 개인정보를 담고 있습니다. 캠페인에 참여한 인플루언서의 동의와 개인정보 보호법에 따른 처리는
   운영자의 책임입니다.
5. 프로페셔널 계정에는 공식 제공자(graph)를 권장합니다. 이 고지는 공식 제공자와 샌드박스에는 필요하지 않습니다.
"""

NOTICE_EN = """\
Notice about the use of an unofficial API (instagrapi)

1. This provider calls the private API of Instagram's app with logged-in accounts. Instagram's terms forbid automated
   collection without permission, so using it can be a breach of those terms.
2. Instagram can limit, challenge, suspend or delete the accounts that are used, without warning. Register only
   accounts made for this purpose that you can afford to lose, never the company's own or a person's.
3. The request limits of this program make the risk smaller; they do not remove it. No limit is known to be safe.
4. Posts of public accounts are personal data as well. The consent of the influencers who take part in campaigns, and
   the handling of their data under the law, are the operator's responsibility.
5. For professional accounts the official provider (graph) is recommended. Neither it nor the sandbox needs this notice.
"""


def is_allowed(provider: str) -> ColumnElement[bool]:
    """Return the condition that real accounts of the provider may send: official, or its present notice accepted."""
    if provider not in PRIVATE_PROVIDERS:
        return true()
    return exists().where(ProviderNotice.provider == provider, ProviderNotice.notice_version == NOTICE_VERSION)


def is_provider_allowed(session: Session, provider: str) -> bool:
    """Return whether real accounts of the provider may send."""
    return session.scalars(select(is_allowed(provider))).one()


def require_allowed(session: Session, account: InstagramAccount) -> None:
    """Return if the account may send at all.

    Raises:
        ConfigurationError: its provider is off until the notice is accepted, and it is no sandbox account.
    """
    if not account.is_sandbox and not is_provider_allowed(session, account.provider):
        raise ConfigurationError(
            f"The provider {account.provider} is off until an operator accepts its notice. Read it and accept it with "
            "`tagbuy account accept-notice`."
        )


def accept_notice(session: Session, provider: str, *, accepted_by: str, now: datetime) -> bool:
    """Write down who accepted the present notice; return False where somebody had done so before."""
    added = session.execute(
        insert(ProviderNotice)
        .values(
            id=new_id(),
            provider=provider,
            notice_version=NOTICE_VERSION,
            accepted_by=accepted_by,
            accepted_at=now,
        )
        .on_conflict_do_nothing()
        .returning(ProviderNotice.id)
    )
    return added.one_or_none() is not None
