"""The words of the world: names, brands and pieces of captions. All of them are invented."""

from typing import NamedTuple


class BrandText(NamedTuple):
    """A brand, what it sells, and the hashtags that it asks for."""

    name: str
    handle: str
    product: str
    topic: str
    hashtags: tuple[str, str, str]


BRANDS = (
    BrandText("루미코스메틱", "lumi_cos", "윤슬 쿠션", "beauty", ("루미쿠션", "루미윤슬", "LumiGlow")),
    BrandText("한결차", "hangyeol.tea", "말차 라떼", "food", ("한결말차", "한결티타임", "HangyeolTea")),
    BrandText("온더로드", "ontheroad_kr", "여행 캐리어", "travel", ("온더로드캐리어", "온더로드여행", "OnTheRoadTrip")),
    BrandText("포근", "pogeun.home", "사계절 침구", "home", ("포근침구", "포근한하루", "PogeunSleep")),
    BrandText("핏앤고", "fitngo_team", "단백질 바", "fitness", ("핏앤고", "핏앤고챌린지", "FitNGo")),
    BrandText("도란키친", "doran.kitchen", "들기름 막국수 밀키트", "food", ("도란키친", "도란밀키트", "DoranTable")),
    BrandText("무드앤무브", "moodnmove", "레깅스", "fitness", ("무드앤무브", "무드레깅스", "MoodAndMove")),
    BrandText("바른아기", "bareun_baby", "유기농 이유식", "family", ("바른이유식", "바른아기", "BareunBaby")),
    BrandText("노을필름", "noeulfilm", "필름 카메라", "travel", ("노을필름", "노을필름감성", "NoeulFilm")),
    BrandText("그린핀", "greenpin_lab", "무기자차 선크림", "beauty", ("그린핀선크림", "그린핀데일리", "GreenPinSun")),
    BrandText("오늘원두", "todaybean.coffee", "드립백", "food", ("오늘원두", "오늘드립백", "TodayBean")),
    BrandText("숨숨펫", "sumsum_pet", "동결건조 간식", "family", ("숨숨펫", "숨숨간식", "SumsumPet")),
    BrandText("시티라이더", "cityrider.seoul", "전기 자전거", "fitness", ("시티라이더", "시티라이딩", "CityRider")),
    BrandText("별밤캔들", "byulbam_candle", "소이 캔들", "home", ("별밤캔들", "별밤홈카페", "ByulbamCandle")),
    BrandText("나나데님", "nana.denim", "와이드 데님", "fashion", ("나나데님", "나나데님핏", "NanaDenim")),
    BrandText("클린플로우", "cleanflow_home", "미니 정수기", "home", ("클린플로우", "클린플로우정수기", "CleanFlow")),
    BrandText("모모젤라또", "momo.gelato", "쑥 젤라또", "food", ("모모젤라또", "모모한컵", "MomoGelato")),
    BrandText("리틀팜", "little_farm.box", "제철 꾸러미", "food", ("리틀팜꾸러미", "리틀팜", "LittleFarmBox")),
)

TITLES = ("{name} {product} 체험단", "{name} {product} 런칭 캠페인", "{name} 시즌 리뷰", "{name} {product} 서포터즈")

FAMILY_NAMES = ("김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오", "서", "신", "권", "황")
GIVEN_NAMES = (
    ("서연", "seoyeon"),
    ("지우", "jiwoo"),
    ("하린", "harin"),
    ("도윤", "doyun"),
    ("민서", "minseo"),
    ("예준", "yejun"),
    ("수아", "sua"),
    ("은채", "eunchae"),
    ("시우", "siwoo"),
    ("다은", "daeun"),
    ("태오", "taeo"),
    ("나윤", "nayun"),
    ("준호", "junho"),
    ("소율", "soyul"),
    ("가온", "gaon"),
    ("아린", "arin"),
)
ENGLISH_NAMES = ("mia", "chloe", "ethan", "olive", "june", "theo", "hazel", "noah")
NAME_STYLES = ("{0}_daily", "{0}.log", "by_{0}", "{0}.mood", "oh.{0}", "{0}__room", "the{0}", "{0}_seoul", "{0}.zip")

TOPICS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "beauty": ("뷰티", ("데일리메이크업", "뷰스타그램", "출근메이크업", "스킨케어"), ("grwm", "skincare", "makeup")),
    "food": ("맛집·요리", ("맛스타그램", "집밥", "오늘뭐먹지", "카페투어"), ("homecooking", "brunch", "coffeetime")),
    "travel": ("여행", ("여행스타그램", "국내여행", "주말나들이", "제주"), ("travelgram", "weekendtrip", "jeju")),
    "home": ("홈·리빙", ("집꾸미기", "자취방", "오늘의집", "홈카페"), ("homestyling", "cozyhome", "interior")),
    "fitness": ("운동", ("오운완", "헬린이", "러닝크루", "필라테스"), ("workout", "running", "gymlife")),
    "family": (
        "육아·반려",
        ("육아스타그램", "육아소통", "멍스타그램", "가족일상"),
        ("familytime", "dogmom", "momlife"),
    ),
    "fashion": ("패션", ("오오티디", "데일리룩", "출근룩", "코디"), ("ootd", "dailylook", "streetstyle")),
}

OPENINGS = {
    "ko": (
        "주말이 이렇게 빨리 가다니",
        "드디어 소개해요",
        "요즘 제일 자주 손이 가는 것",
        "다들 점심 뭐 드셨어요?",
        "오랜만에 햇살 좋은 날 ☀️",
        "아침부터 부지런히 움직였어요",
        "친구가 찍어준 사진 중 베스트",
        "퇴근하고 나서의 작은 행복",
        "비 오는 날엔 역시 집이죠",
        "오늘의 기록 📷",
        "물어보시는 분들이 많아서 남겨요",
        "이번 달도 잘 부탁해요 🤍",
    ),
    "en": (
        "Slow mornings are back.",
        "Sunday reset, finally",
        "Little things that made my week",
        "You asked, so here it is!",
        "Caught the good light today ☀️",
        "Note to self: do this more often",
        "Back in Seoul and loving it",
        "Three photos, zero plans",
    ),
}
BODIES = {
    "ko": (
        "생각보다 훨씬 마음에 들어서 한동안 계속 이야기할 것 같아요.",
        "별거 아닌데 기분이 좋아지는 그런 순간 있잖아요.",
        "다음엔 꼭 엄마랑 같이 와야지.",
        "사진보다 실물이 백 배 예뻤다는 건 안 비밀!",
        "한 달 넘게 써 보고 솔직하게 적어봤어요.",
        "여러분은 어떤 쪽이 더 좋으세요? 댓글로 알려주세요 👇",
        "저장해 두고 나중에 꼭 가 보세요.",
        "요즘 루틴이 바뀌었더니 하루가 길어졌어요.",
    ),
    "en": (
        "Honestly better than I expected, so I had to share.",
        "Nothing special, just one of those days that feels right.",
        "Save this one for later, you will thank me.",
        "Tell me your favourite in the comments 👇",
        "A month in and still not bored of it.",
        "The pictures do not do it justice, trust me.",
    ),
}
SPONSORED = {
    "ko": (
        "{name}의 {product}, 2주 동안 써 본 후기예요.",
        "요즘 빠져 있는 {name} {product} 이야기 해볼게요.",
        "{name}에서 새로 나온 {product} 먼저 만나봤어요!",
        "{product} 고민하던 분들은 {name} 한번 보세요.",
    ),
    "en": (
        "Two weeks with the new {product} by {name}, here is how it went.",
        "I have been reaching for {name} {product} every single day.",
        "First look at {product} from {name}!",
    ),
}
DISCLOSURES = {
    "ko": ("[광고]", "유료광고 포함", "제품을 제공받아 솔직하게 작성했어요.", "본 게시물은 협찬을 받았습니다."),
    "en": ("Paid partnership.", "AD |", "Gifted by the brand."),
}
AFTERTHOUGHTS = {
    "ko": ("+ 정보는 프로필 링크에 있어요!", "(오타 수정했어요 😅)", "추가: 질문 주신 건 스토리에 답할게요."),
    "en": ("Edit: links are in my bio!", "(fixed a typo)", "Update: answering questions in stories."),
}
BIOGRAPHIES = {
    "ko": "{topic} 기록 📍서울 | 협업 문의는 DM | {name}",
    "en": "{topic} diary 📍Seoul | collabs by DM | {name}",
}
