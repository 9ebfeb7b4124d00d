"""Words that look like a disclosure and are none, or not for certain; and what is said about people who do not exist.

The sources are those of `clear_phrases`.
"""

import re

from app.compliance.clear_phrases import AD_WORD, FEE, GIVEN, PAY, THING, any_of, compiled

_BENEFIT = any_of(FEE, PAY, "수입", "이익", "보상", "금액", "파트너스", "협찬", r"유료\s?광고", "광고")
CONDITIONAL = compiled(
    rf"{_BENEFIT}(?:(?!{_BENEFIT})[^.!?\n#]){{0,25}}?"
    r"(?:받|얻|발생|생기|생길|지급|제공|돌아|적립|포함|들어|지원|획득|취득)[가-힣]{0,5}\s?수(?:도|가)?\s?있",
    r"\b(?:may|might|could|can)\s(?:also\s)?(?:earn|receive|get)\s(?:a\s|some\s|small\s){0,2}(?:commission|fee)",
)

_NOT_BOUGHT = r"(?:은|이|도|\s){0,2}(?:가\s)?(?:아니|아님|아닌|아닙|x\b|❌|🙅)|\s?(?:하던|해오던|하다가|했었)"
_NOT_YET_BOUGHT = (
    r"\s?(?:(?:으로\s?)?(?:하고\s?싶|할|하려|하러|예정|각(?![가-힣])|의향|의사)"
    r"|(?:[가-힣]{1,4}\s){0,2}(?:살|사고\s?싶|사야|구매할|재구매))"
)
NOT_BOUGHT_AFTER = compiled(_NOT_BOUGHT, _NOT_YET_BOUGHT)
"""Behind 내돈내산, where it is not said of this post."""
_ADS = "(?:광고|협찬)"
_BAD_ADS = r"(?<!뒷)(?<!과대)(?<!과대\s)(?<!허위)(?<!허위\s)(?<!과장)(?<!과장\s)"
DENIAL = compiled(
    r"(?:내\s?돈\s?내\s?(?:산|먹|구|고|쓰|결)|(?:내|제)\s?돈(?:으로|\s?주고|제산)\s?(?:산|샀|구매|사서|먹|주고|$)?)"
    rf"(?!{_NOT_BOUGHT}|{_NOT_YET_BOUGHT})",
    rf"{_BAD_ADS}{_ADS}(?:\s?(?:글|게시물|제품|영상))?(?:이|가|은|는|도)?"
    r"(?:\s?받은\s?(?:거|것|게|건)(?:는|은|도|가)?)?\s?(?:절대\s?|전혀\s?|진짜\s?)?"
    r"(?:아님|아닌(?!\s?(?:척|가))|아니(?!냐|어도|었|더라|라고\s?하면)|아닙|아녜|아냐(?!고)|아녀)",
    rf"{_ADS}(?:[x×✖❌🙅]|\s[x×✖❌🙅](?!\s?[@#a-z0-9_]))",
    rf"{_ADS}\s?(?:no|노)(?![a-z가-힣])",
    rf"{_ADS}(?:을|를|은|는|도|비|비를)?\s?(?:일절\s?|전혀\s?)?(?:안\s?받|받지\s?않)",
    rf"{_ADS}(?:비|료)?(?:을|를|은|는|도|이)?\s?(?:받은\s?)?(?:적|일|바)(?:이|은|도|는)?\s?(?:[가-힣\d]{{1,3}}\s?){{0,3}}없",
    rf"{_ADS}(?:은|는|이|가)?\s?(?:1|일)도\s?없",
    rf"{_ADS}(?:을|를|이|가|은|는|도)?\s?(?:포함(?:하|되|되어\s?있|하고\s?있)지\s?(?:는\s?)?않|미\s?포함)",
    rf"{_ADS}(?:와|과|하고|이랑|랑|은|는)?\s?(?:전혀\s?|아무\s?)?(?:무관|(?:상관|관계|관련)(?:이|은)?\s?없)",
    rf"(?<![가-힣])(?:비|무){_ADS}",
    r"협찬\s?(?:이|은|도)?\s?(?:전혀\s?)?없(?:이(?!도)|는|음|습|어(?!도))",
    rf"(?:노|no|non|not)[\s-]?{_ADS}",
    r"대가(?:는|도|를|가)?\s?(?:전혀\s?|일절\s?)?(?:없|받지\s?(?:않|아니|못)|안\s?받)",
    rf"(?:{THING}|무상|무료)[^.!?\n#]{{0,10}}?(?:제공|협찬|지원|대여)\s?받지\s?(?:는\s?)?(?:않|못|아니)",
    r"\b(?:not|non|never)[\s-]?(?:an?\s|a\s?paid\s|being\s)?(?:sponsored|ad\b|paid)",
    r"\bunsponsored\b",
)
DENIAL_TAG = compiled("찐?내돈내산(?!.{0,5}아[니님닌]).{0,20}", "(?:not|non|un)sponsored", "not(?:an)?ad")

AMBIGUOUS_PRODUCT = compiled(
    rf"{THING}\s?(?:제공|지원)(?![가-힣]|\s?받)", rf"{THING}만\s?(?:을\s?)?(?:무상|무료)?(?:으로\s?)?{GIVEN}?\s?받"
)
_SUPPORTERS = any_of("서포터[즈스]", "앰[버배베]서[더도]", "엠[버배베]서[더도]")
AMBIGUOUS = compiled(
    "(?:^|(?<![가-힣]))공구(?!함|세트|상자|통|박스|점|류)",
    r"공동\s?구매",
    _SUPPORTERS,
    r"선물\s?(?:을|로)?\s?(?:받|해\s?주|주신|주셔|주셨|보내)",
    r"(?:제품|선물|택배|키트|에서|측에서)[^.!?\n]{0,12}보내\s?주",
    r"(?:제공|지원|협찬|대여)해\s?주",
    r"(?:초대|초청)(?:를|로|해\s?주|\s?받)",
    "당첨(?:되|돼|으로)",
    r"유료\s?파트너[십쉽]",
    "파트너스",
    "제휴",
    r"제공\s?[:@]",
    r"(?:대여|지원|증정)\s?:",
    r"(?:^|\s)(?:제공|대여|증정|지원|후원)\s?받",
    r"(?:무료|무상)(?:로|으로)?\s?(?:체험|시식|시승|이용|사용|숙박|식사)\s?(?:하고|해|한|했|하게)",
)
AMBIGUOUS_TAG = compiled(
    rf"{THING}?(?:제공|지원|대여|증정)(?:받음)?",
    "공구(?:오픈|진행|진행중|중|마감|예정|알림)?",
    ".{0,20}공동구매",
    f".{{0,20}}{_SUPPORTERS}",
    "유료파트너[십쉽]",
    "(?:쿠팡)?파트너스",
    "제휴(?:마케팅|링크)?",
    "선물받(?:음|은|았어요)",
    "이벤트(?:참여|당첨)",
)

_WHILE = any_of(
    r"(?:일|이|한|두|세|네|삼|사)\s?주일?", r"한\s?달", r"두\s?달", "보름", "며칠", r"\d{1,3}\s?(?:일|주일?|개월|달|년)"
)
VAGUE = compiled(
    "체험단", r"체험\s?(?:후기|기(?![가-힣]))", "홍보성", r"홍보\s?(?:글|포스팅|게시물)", "컬래버", "콜라보",
    "파트너[십쉽]", "기자단", "리뷰단", "모니터링단", "리뷰어", "협업",
    rf"{_WHILE}\s?(?:동안|간|정도)?\s?(?:꾸준히\s?|매일\s?|직접\s?)?"
    "(?:사용|써|쓰|발라|바르|먹|마셔|체험|착용|신어|입어|돌려)",
    r"사용해\s?보았", r"\bthanks?\s?to\b", r"\bthank\s?you,?\s?(?:to\s)?(?=@)", r"땡스\s?투", r"\bcollab(?:oration)?\b",
    r"\bpartner(?:ship)?\b", r"\bambassador\b",
)  # fmt: skip
VAGUE_TAG = compiled(
    ".{0,20}(?:체험단|기자단|리뷰단|모니터링단)", "체험(?:후기|기)?", "홍보(?:글|성글|포스팅)?", "컬래버(?:레이션)?",
    "콜라보(?:레이션)?", "파트너[십쉽]?", "협업", "리뷰어", "땡스투", "thanksto", "thankyou", "collab(?:oration)?",
    "partner(?:ship)?", "(?:brand)?ambassador", "sp",
)  # fmt: skip

FOREIGN_FULL = compiled(
    r"\bpaid\s(?:advertisement|ad|partnership|promotion|collaboration|post)\b",
    r"\bsponsored\s(?:by|post|content|video|reel)\b",
    r"\badvertisement\b",
    r"\b(?:is|was|were|been|am|are)\s(?:sponsored|paid)\b",
    r"\bgifted\sby\b",
    r"\breceived\b[^.!?\n]{0,40}\b(?:for\sfree|free\sof\scharge|complimentary|as\sa\sgift)\b",
    r"\bi\searn\b[^.!?\n]{0,20}\bcommissions?\b",
)
FOREIGN_FULL_TAG = compiled(
    "advertisement", "paid(?:ad|advertisement|partnership|promotion)", "sponsored(?:by.{0,30}|post|content|video)?"
)
FOREIGN_SHORT_TAG = compiled(
    "ads?", "adv", "advert", "advertising", "sponsor(?:ship)?", "spon", "pr", "gifted", "gifting", "paid", "prpackage",
    "paidpartner", "promo(?:tion)?", "広告", "プロモーション", "タイアップ", "提供", "推广", "广告", "廣告", "werbung",
    "anzeige", "publi(?:cidad|cité|cite)?", "reklam",
)  # fmt: skip
_FOREIGN_WORD = any_of(
    "ads?", "advertisement", "pr", "sponsored", "sponsor", "gifted", "promo(?:tion)?", "広告", "推广", "广告"
)
FOREIGN_AT_START = compiled(rf"{_FOREIGN_WORD}(?![a-z0-9_가-힣])")
FOREIGN_BRACKETED = compiled(
    rf"[\[(【<{{]\s?(?:paid\s)?{_FOREIGN_WORD}(?:\s?by[^\])】>}}\n]{{0,20}})?\s?[\])】>}}]",
)

BROKEN_TAG = compiled(
    "(?:(?:유료)?광고|(?:제품)?협찬).{1,20}",
    ".+_(?:(?:유료)?광고|(?:제품)?협찬)",
    ".{1,20}(?:협찬|유료광고)",
    ".{1,20}(?<!뒷)광고",
)
BROKEN_SIGN = compiled(r"#[\s\u20e3.\-·:~*]{1,3}((?:유료\s?)?광고|(?:제품\s?)?협찬)(?![가-힣])")
SPACED_LETTERS = compiled(
    r"(?<![가-힣])광[\s.\-_·*~/|,1]{1,10}고(?![가-힣])", r"(?<![가-힣])협[\s.\-_·*~/|,1]{1,10}찬(?![가-힣])"
)
_GAP = r"[\s.]{0,2}"
LOOSE_LETTERS = compiled(
    rf"ㄱ{_GAP}(?:ㅗ{_GAP}ㅏ|ㅘ){_GAP}ㅇ{_GAP}(?:ㄱ{_GAP}ㅗ|고)",
    rf"광{_GAP}ㄱ{_GAP}ㅗ",
    rf"ㅎ{_GAP}ㅕ{_GAP}ㅂ{_GAP}(?:ㅊ{_GAP}ㅏ{_GAP}ㄴ|찬)",
    rf"협{_GAP}ㅊ{_GAP}ㅏ{_GAP}ㄴ",
)

AD = re.compile(AD_WORD)
TRAP_AFTER = compiled(
    r"(?:\s?(?:[·/&,+]|및|와|나)?\s?(?:협찬|광고))?(?:은|는|을|를)?\s?"
    + any_of(
        "문의", "환영", "제안", "제의", "거절", "대행", r"주(?:님|는|가|와|들|분|\s|$)", "천재", "계(?!약|정|획)",
        "업계", "회사", "사진", "촬영", "기획", "디자인", "디엠", r"dm\b", "메일", "연락", "가능", "구함", "구해",
        "원해", "요청", "의뢰", "제휴", "비즈니스", "스킵", "차단", "없이", "보고", "보다", r"본\s", "에서",
        r"에\s?나", "로만", "으로만", r"인\s?줄", "같", "속", "찍", "음악", "판", "학과", "쟁이", "인(?:입|으로)",
        r"모델\s?(?:지망|처럼|같)", r"받고\s?싶", "주세요", "노래", "송", r"모델\s?촬영",
        r"(?:한\s?번\s?)?받아\s?(?:보|봤)", r"아닌\s?척",
        "하나", "이야기", "얘기", r"(?:이|가)?\s?없", "많", "나오", "나온", "뜨", "봤", "볼", "듣", "싫", "때문",
        "효과", "시장", "산업", "카피", "문구", "금지", "사절", "거절", "그만",
    )
)  # fmt: skip
TRAP_BEFORE = compiled(r"(?:과대|허위|뒷|옥외|지하철|버스|tv|티비|유튜브|인스타|배너|전면|과장)\s?$")

VIRTUAL_PERSON = compiled(r"가상\s?인물(?!(?:이|은|는|도)?\s?(?:절대\s?|전혀\s?)?(?:아니|아님|아닙|아닌|없))")
VIRTUAL_PERSON_OTHERWISE = compiled(
    r"가상\s?(?:인간|모델|인플루언서|휴먼)",
    "버추얼",
    "버츄얼",
    r"(?:ai|인공지능)(?:로|가|를)?\s?(?:기반으로\s?)?(?:생성|제작|만든|만들|모델|인물|인간|이미지|캐릭터)",
    r"\bvirtual\s(?:human|person|influencer|model)",
    r"\bai[\s-]generated",
)
EXPERIENCE = compiled(
    "(?:(?<![가-힣])(?:써|발라|먹어|마셔|입어|신어|뿌려|덮어|타|들어|끼워|씌워|껴|차|누워)"
    "|(?:사용|착용|체험|이용|복용|섭취|경험|시식|시음|투숙|시승)해)"
    r"\s?(?:보니|봤(?!으면)|보았|봐서|보고\s?(?:나|느)|본\s?(?:결과|지|후|소감|뒤)|보면서)",
    r"(?:쓰고|바르고|먹고|마시고|사용하고|입고|신고|복용하고)\s?(?:나니|나서|있는데|잤|난\s|부터)",
    "(?<![가-힣])(?:썼더니|발랐더니|먹었더니|마셨더니|사용했더니|바르니|먹으니|쓰니까|입으니)",
    rf"{_WHILE}\s?(?:동안|간|째|정도)?\s?(?:꾸준히\s?|매일\s?)?(?:쓰|써|사용|바르|발라|먹|마시|복용)",
    r"(?:제|내)\s?피부(?:가|에)",
    r"(?:사용|착용|복용|섭취)\s?후(?!기)[^.!?\n]{0,15}(?:졌|됐|되었|느꼈|느껴)",
    r"\bi(?:'ve)?\s(?:tried|used|wore|tasted|have\sbeen\susing)\b",
)
