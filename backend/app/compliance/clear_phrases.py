"""Words that disclose an interest in so many words: the vocabulary, as patterns for normalised text.

Sources: the KFTC guideline (2020-09-01, 2024-12-01, 2026-06-01) and its guide of 2025-12-02 as reported by Yonhap, SBS,
Hankyung, Donga and agencies; docs/how-to/disclosure.md restates them. Every repetition is bounded, so that no caption
can make the search slow.
"""

import re
from collections.abc import Mapping
from enum import StrEnum


class Interest(StrEnum):
    """What a clear statement says was received, or who is speaking."""

    AD = "ad"
    MONEY = "money"
    COMMISSION = "commission"
    PRODUCT = "product"
    DISCOUNT = "discount"
    REFUND = "refund"
    POINTS = "points"
    PRIZE = "prize"
    MODEL = "model"
    EMPLOYMENT = "employment"
    SUPPORT = "support"


def any_of(*alternatives: str) -> str:
    """Return a pattern for any of the alternatives; the first that fits counts."""
    return f"(?:{'|'.join(alternatives)})"


def compiled(*alternatives: str) -> re.Pattern[str]:
    """Return the alternatives as one pattern that ignores case."""
    return re.compile(any_of(*alternatives), re.IGNORECASE)


# Received, for certain: neither “may receive” nor “receive yours now”, which is said to the readers.
RECEIVED = any_of(
    r"받아(?!\s?(?:보|가[세시요]|요\s?보))",
    r"받고(?!\s?(?:싶|계))",
    r"받(?:았(?!으면|는지|을까|을지|다면)|은|습니다|음|으며|으면서|기로\s?(?:하|했|한|약속)|을\s?예정)",
    r"받는\s(?!방법|법|꿀팁|은행|카드|작가|날|사람|분|곳|단체)",
    r"받게\s?(?:되|됩|돼)",
)
GIVEN = any_of("제공", "지급", "지원", "협찬", "후원", "대여", "증정", "정산", "지불")
PAY = any_of(
    "원고료", "고료", "대가", "광고비", "광고료", "모델료", "출연료", "활동비", "제작비", "협찬금", "후원금", "페이",
    "보수", "사례비", "수고비", "금전", "현금",
)  # fmt: skip
FEE = any_of(
    "수수료", "커미션", r"판매\s?수익", "수익금?", "리워드", r"판매\s?(?:금액|액|대금)의\s?(?:일부|일정\s?비율)"
)
THING = any_of(
    "제품", "상품", "서비스", "물품", "식사권?", "음식", "메뉴", "이용권", "숙박권?", "숙소", "객실", "시술", "의상",
    "옷", "도서", "책", "샘플", "본품", "티켓", "입장권", "체험권", "기기", "키트", "굿즈", "화장품", "식품", "음료",
    "세트", "장소", "공간", "차량", "여행", "관람권", "초대권",
)  # fmt: skip
AD_WORD = r"(?:(?:유료|상업)\s?(?:적\s?)?)?(?:광고|협찬)"

_OBJECT = "(?:을|를)?"
_WHOLE = r"(?:전액\s?|일부\s?|일체\s?)?"
_PRICE = any_of("구매", "구입", "결제") + r"\s?(?:대금|금액|비용|가|한\s?돈)"
_TWO_AD_WORDS = rf"{AD_WORD}(?:\s?[·/&,+|]\s?(?:광고|협찬))?"
_POST = r"(?:\s?(?:게시물|게시글|포스팅|콘텐츠|컨텐츠|피드|릴스|영상|글|제품|상품|리뷰|후기))"
_IS = any_of("입니다", "이에요", "예요", "에요", "이예요", "임다", "임(?![가-힣])", "이며", "이고", "이자", "합니다")
_NOT_TO_READERS = (
    r"(?![^.!?\n]{0,20}(?:주세요|하세요|주시|(?:되신|하신|하실|하시는)\s?분|여러분|부탁|바랍|드려요|드립|드릴|"
    r"진행(?:해|합|하|중)|필수|가능|방법|꿀팁))"
)
"""Behind what may as well invite the readers to take part or to buy."""
_AUTHORED = (
    r"[^.!?\n]{0,12}(?:작성|쓴|쓰는|써|썼|올린|올려요|올립|올렸|게시[하한합했]|남긴|남깁|남겼|제작)(?!\s?해?\s?주)"
)
_NOT_MY_FEE = r"(?<!해외)(?<!해외\s)(?<!취소)(?<!취소\s)(?<!환불)(?<!환불\s)(?<!결제)(?<!결제\s)(?<!송금)(?<!송금\s)"
_COSTS_PAID = (
    r"(?:제작비?|경비|비용|활동비|여행비|촬영비|숙박비|식비|체험비|재료비)(?:를|을|의)?\s?"
    rf"{_WHOLE}(?:지원|후원|협찬)"
)
_STAFF = r"(?:임?직원|사원|대표|창업자|마케터|팀원|관계자|(?:공동\s?)?소유자)"
_THING_SPONSORED = any_of(THING, "체험", "촬영", "시식", "간식", "용품", "가구", "육아템") + r"\s?협찬"

AT_START = re.compile(
    rf"(?:(?:ad|pr)\s?[/|·]\s?)?(?:(?P<product>{_THING_SPONSORED})|{_TWO_AD_WORDS})(?:\s?포함)?{_POST}?"
    rf"(?:{_IS}|\s?받음|\s?받은\s?글)?(?![가-힣a-z0-9_])",
    re.IGNORECASE,
)
BRACKETED = re.compile(
    r"[\[(【〔<〈《「『{]([^\[\](){}<>\n]{0,20}(?:광고|협찬)[^\[\](){}<>\n]{0,15})[\])】〕>〉》」』}]",
)

_TAG_END = "(?:입니다|이에요|예요|에요|임|받음|받았어요|받았습니다|받은글)?"
TAGS: Mapping[Interest, re.Pattern[str]] = {
    Interest.AD: compiled(rf"(?:{_TWO_AD_WORDS}|광고협찬|협찬광고|광고및협찬)(?:를?포함)?{_POST}?{_TAG_END}"),
    Interest.PRODUCT: compiled(
        rf"{_THING_SPONSORED}(?:광고|후기|리뷰)?{_TAG_END}", rf"{THING}?(?:무상|무료)(?:제공|협찬){_TAG_END}"
    ),
    Interest.MONEY: compiled(rf"(?:소정의)?{PAY}{_OBJECT}{GIVEN}?받음", rf"(?:소정의)?원고료{GIVEN}?"),
    Interest.COMMISSION: compiled(rf"(?:판매)?수수료{_OBJECT}{GIVEN}?받음"),
    Interest.MODEL: compiled("(?:광고|전속)모델"),
    Interest.EMPLOYMENT: compiled("임직원", "(?:자사|본사)직원"),
}
"""Hashtags without their sign, to be matched as a whole."""

SENTENCES: Mapping[Interest, re.Pattern[str]] = {
    Interest.PRIZE: compiled(
        r"(?:경품|추첨|이벤트|공모전?|응모|챌린지|콘테스트)[^.!?\n]{0,20}(?:참여|응모|참가)(?:를|을|하기)?\s?"
        rf"(?:위해|위하여|위한|목적|용)(?:(?={_AUTHORED})|{_NOT_TO_READERS})",
        r"(?:우수|베스트|최우수)\s?(?:후기|리뷰)[^.!?\n]{0,12}(?:선정|응모|이벤트|뽑)"
        rf"(?:(?={_AUTHORED})|{_NOT_TO_READERS})",
        rf"(?:이벤트|경품)\s?(?:참여|응모){_POST}",
        r"(?:이벤트|경품|추첨)(?:에)?\s?(?:참여|응모)(?:하여|하려고|해서|하고|한|해)\s?(?:작성|쓴|쓰|올린|올려|글|게시)"
        + _NOT_TO_READERS,
    ),
    Interest.REFUND: compiled(
        rf"(?:환급|페이백|캐시백|{_PRICE}{_OBJECT}\s?{_WHOLE}환불){_OBJECT}\s?{RECEIVED}",
        rf"{_PRICE}{_OBJECT}\s?{_WHOLE}(?:다시\s?)?돌려\s?받(?:았|고|습|은|아)",
    ),
    Interest.DISCOUNT: compiled(
        rf"할인(?:을|가로|된\s?가격에|가에|\s?혜택을)?\s?(?:{GIVEN}\s?)?{RECEIVED}?[^.!?\n]{{0,12}}"
        r"(?:구매|구입|결제|산\s|샀)(?!\s?(?:하?\s?(?:세요|시|실|해\s?보|하러|가능|링크)))" + _NOT_TO_READERS,
        r"할인(?:을|\s?혜택을)?\s?(?:제공\s?)?받(?:았|고\s?(?:작성|쓴|올)|아\s?(?:작성|쓴|올)|은\s)" + _NOT_TO_READERS,
    ),
    Interest.COMMISSION: compiled(
        rf"{FEE}(?:을|를|의)?\s?(?:일부\s?|일정\s?부분\s?)?(?:{GIVEN}\s?)?{_OBJECT}\s?{RECEIVED}",
        rf"{_NOT_MY_FEE}{FEE}(?:이|가)?\s?(?:저에게|제게|저한테)?\s?(?:{GIVEN}|발생|적립|돌아)"
        r"(?:하는|됩니다|돼요|되며|되는|합니다|해요|옵니다|와요|됨|함)",
        rf"(?:저에게|제게|저한테)\s?[가-힣\s]{{0,8}}{FEE}(?:이|가)?\s?(?:들어|돌아|생)(?:옵니다|와요|오는|깁니다|겨요)",
    ),
    Interest.MONEY: compiled(
        rf"(?!{_COSTS_PAID}){PAY}(?:을|를|로|와|과|도)?\s?(?:{THING}{_OBJECT}\s?)?(?:{GIVEN}{_OBJECT}\s?)?{RECEIVED}",
        rf"{PAY}(?:이|가)\s?{GIVEN}(?:됩니다|되었|됐|된|됨)",
    ),
    Interest.POINTS: compiled(
        rf"(?:포인트|적립금|캐시|기프티콘|상품권){_OBJECT}\s?(?:제공\s?|지급\s?|적립\s?)?"
        r"(?:받(?:습니다|았|음|아요|는\s?조건|기로)|받(?:아|고)[^.!?\n]{0,12}(?:작성|쓴|올|남))",
        r"(?:리뷰|후기)(?:를|을)?\s?(?:쓰고|작성하고|남기고|작성\s?후)[^.!?\n]{0,15}(?:을|를)\s?받(?:았|습)",
    ),
    Interest.MODEL: compiled(
        r"(?:광고|전속|홍보|브랜드)\s?모델(?:입니다|이에요|예요|로서|로\s?활동|이자|이며|이고|인|을\s?맡)"
    ),
    Interest.EMPLOYMENT: compiled(
        r"(?:저는|제가|저희|우리|본인은|이\s?(?:회사|브랜드|가게|업체)|본사|자사|당사)[^.!?\n]{0,20}"
        rf"{_STAFF}(?:입니다|이에요|예요|에요|이자|이며|으로서|로서|인)",
        rf"의\s?{_STAFF}(?:입니다|이에요|예요|에요|이자|이며|으로서|로서)",
        rf"{_STAFF}의?\s?(?:가족|배우자|친척|남편|아내)(?:이|입|으)",
        r"(?:제|저희|우리|가족|남편|아내|부모님|엄마|아빠|언니|오빠|누나|형|동생|친척)(?:가|이|께서)\s?"
        r"(?:운영|창업|근무|일)(?:하는|하시는|한|중인)|(?:엄마|아빠|남편|아내|부모님|가족)(?:가|이|께서)\s?하(?:는|시는)\s?(?:가게|브랜드|회사|매장)",
    ),
    Interest.PRODUCT: compiled(
        rf"(?:무상|무료)(?:으로|로)?\s?(?:{THING}{_OBJECT}\s?)?(?:{GIVEN}\s?)?{RECEIVED}",
        r"무상\s?(?:제공|지원|협찬|대여)",
        rf"{THING}(?:(?:을|를|과|와|도)\s?|\s)?(?:등을\s?)?(?:무상|무료)?(?:으로|로)?\s?"
        rf"(?:제공|지원|협찬|대여|증정)\s?{RECEIVED}",
        rf"(?:을|를)\s(?:무상|무료)?(?:으로|로)?\s?(?:제공|협찬|대여)\s?{RECEIVED}",
    ),
    Interest.SUPPORT: compiled(
        rf"{_COSTS_PAID}\s?{_OBJECT}\s?(?:받|으로|하에|아래|을\s?통해)",
        rf"(?:지원|후원){_OBJECT}\s?{RECEIVED}",
        r"(?:의|에서)\s?(?:지원|후원)(?:으로|하에)",
    ),
    Interest.AD: compiled(
        r"(?:유료\s?)?(?:광고|협찬)(?:를|을|가|이)?\s?포함(?:하|되어|돼|된|됨|합|입|한|\s|$)",
        rf"{_TWO_AD_WORDS}{_POST}?\s?(?:입니다|이에요|예요|에요|이예요|임(?![가-힣])|이며)",
        rf"협찬(?:을|으로)?\s?(?:제공\s?)?{RECEIVED}",
        rf"{AD_WORD}(?:를|을)?\s?(?:의뢰|요청)(?:를|을)?\s?받(?:아|고|은|았)",
        r"(?:의|에서|님)\s?협찬(?:으로|을\s?통해)",
    ),
}
"""Sentences, the more telling interest first: where two overlap, the first counts."""

DENIED_AFTER = compiled(
    r"\s?(?:적|일|바)(?:이|은|도|는)?\s?(?:[가-힣\d]{1,3}\s?){0,3}없",
    r"\s?(?:것|거|게|건|글|제품|상품)?(?:은|는|이|도|가)?\s?(?:절대\s?|전혀\s?)?(?:아님|아닙|아니(?!었|어도)|아닌(?!\s?척)|아녜|아냐(?!고))",
)
"""What turns a sentence into its opposite: “원고료를 받은 적 없습니다”."""

VAGUE_AMOUNT = compiled("소정의", "일정액", "일정한", r"일정\s?금액", "약간의")
"""Words that make a statement sound conditional; it is not, where something is received for certain."""
