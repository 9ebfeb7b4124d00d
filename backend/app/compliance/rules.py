"""Every rule by its id: where it comes from, and what a person is told, with a correction that is ready to use."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.compliance.caption_rules import NO_WORDS
from app.compliance.context import PostContext
from app.compliance.finding import Finding
from app.models.states import DisclosureVerdict

NOT_LEGAL_ADVICE = "이 판정은 공정위 심사지침을 바탕으로 한 자동 점검 결과이며 법률 자문이 아닙니다."


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `{words}` is what decided, `{fix}` the corrected opening of the caption."""

    basis: str
    """The rows of the table in docs/how-to/disclosure.md."""
    message: str
    other_message: str = ""
    """Instead of `message` where the verdict is not the rule's usual one."""
    usual: DisclosureVerdict = DisclosureVerdict.COMPLIANT


_NOT, _OPEN = DisclosureVerdict.NON_COMPLIANT, DisclosureVerdict.UNCLEAR
_ADD = "본문 맨 앞에 다음 표시를 넣어 주세요: {fix}"
_MOVE = "다음 표시를 본문 맨 앞으로 옮겨 주세요: {fix}"

RULES: Mapping[str, Rule] = {
    "P-START": Rule("P1", "본문 맨 앞의 표시({words})로 광고임을 바로 알 수 있습니다."),
    "P-FIRSTTAG": Rule("P2", "더 보기 없이 보이는 첫 번째 해시태그가 광고 표시({words})입니다."),
    "P-START-SENT": Rule("P1 W1", "첫 줄의 문장({words})에서 경제적 대가를 분명히 밝혔습니다."),
    "P-BORDER": Rule(
        "N3 P1",
        "표시({words})가 첫머리에 있지 않아 기기에 따라 ‘더 보기’ 뒤로 넘어가거나 놓치기 쉽습니다. " + _MOVE,
        usual=_OPEN,
    ),
    "P-BURIED": Rule("P3", "표시({words}) 앞에 다른 해시태그가 있어 묻힙니다. " + _MOVE, usual=_NOT),
    "P-HIDDEN": Rule("P4", "‘더 보기’를 눌러야 표시({words})가 보입니다. " + _MOVE, usual=_NOT),
    "P-COMMENT": Rule("P4", "댓글의 표시({words})는 인정되지 않습니다. " + _ADD, usual=_NOT),
    "P-PROFILE": Rule("P4", "프로필의 표시({words})는 게시물의 표시로 인정되지 않습니다. " + _ADD, usual=_NOT),
    "P-CAROUSEL": Rule(
        "M1", "여러 장 가운데 일부 사진에만 표시했습니다. 모든 사진에 ‘광고’를 넣거나, " + _ADD, usual=_NOT
    ),
    "W-DEFINITE": Rule("W1", "대가를 받는 사실을 확정적으로 밝혔습니다({words})."),
    "W-PRIZE": Rule("W1", "경품·이벤트 참여를 위한 게시물임을 밝혔습니다({words})."),
    "W-REFUND": Rule("W1", "구매 대금을 돌려받은 사실을 밝혔습니다({words})."),
    "W-DISCOUNT": Rule("W1", "할인 혜택을 받은 사실을 밝혔습니다({words})."),
    "W-POINT": Rule("W1", "포인트 등을 받은 사실을 밝혔습니다({words})."),
    "W-MODEL": Rule("W1", "광고모델임을 밝혔습니다({words})."),
    "W-EMPLOY": Rule("W1", "고용 등의 관계를 밝혔습니다({words})."),
    "W-SUPPORT": Rule("W1", "비용을 지원받은 사실을 밝혔습니다({words})."),
    "W-COND-WARN": Rule(
        "W4",
        "표시({words})가 있어 광고임을 알 수 있습니다. 다만 ‘받을 수 있습니다’ 같은 조건부 문장은 "
        "‘받습니다’로 고쳐 주세요.",
    ),
    "W-COND": Rule(
        "W4",
        "조건부 표현({words})이라 대가를 받는지 분명하지 않습니다. ‘받습니다’로 고치고, " + _ADD,
        usual=_NOT,
    ),
    "W-DENY": Rule(
        "W3", "대가를 받은 게시물인데 사실과 다른 표현({words})이 있습니다. 그 표현을 지우고, " + _ADD, usual=_NOT
    ),
    "W-CONTRADICT": Rule(
        "W3", "광고 표시와 서로 모순되는 표현({words})이 있습니다. 그 표현을 지워 주세요.", usual=_NOT
    ),
    "W-VAGUE": Rule("W5", "모호한 표현({words})만으로는 대가를 받은 사실을 알 수 없습니다. " + _ADD, usual=_NOT),
    "W-AMBIG": Rule("W6", "이 표현({words})만으로는 대가를 받은 광고인지 분명하지 않습니다. " + _ADD, usual=_OPEN),
    "W-MISMATCH": Rule(
        "W8",
        "제품만 받은 것처럼 읽히는 표현({words})이지만 약정한 대가는 금전입니다. 표시를 다음과 같이 바꿔 주세요: {fix}",
        usual=_NOT,
    ),
    "W-TRAP": Rule("W2", "여기에 쓰인 말({words})은 이 게시물의 광고 표시가 아닙니다. " + _ADD, usual=_NOT),
    "W-BRANDONLY": Rule("W5 W9", "브랜드 이름이나 태그({words})만 있고 대가 표시가 없습니다. " + _ADD, usual=_NOT),
    "W-MISSING": Rule("W9", "경제적 대가를 받은 사실의 표시가 없습니다. " + _ADD, usual=_NOT),
    "L-FOREIGN": Rule("W7", "한국어 게시물에 외국어 표시({words})만 있습니다. " + _ADD, usual=_NOT),
    "L-SAME": Rule("W7", "본문과 같은 언어로 광고임을 밝혔습니다({words})."),
    "L-SAMEABBR": Rule(
        "W7", "약어({words})라 광고인지 알기 어려울 수 있습니다. 국내 소비자가 대상이면 " + _ADD, usual=_OPEN
    ),
    "L-OTHER": Rule(
        "W7", "외국어 게시물이라 표시를 자동으로 판단할 수 없습니다. 국내 소비자가 대상이면 " + _ADD, usual=_OPEN
    ),
    "N-NFKC": Rule("N1", "모양이 다른 문자({words})지만 광고 표시로 읽힙니다. 보통 글자로 쓰면 더 분명합니다."),
    "N-NFD": Rule("N1", "자모가 나뉘어 저장되었지만 화면에는 온전한 표시({words})로 보입니다."),
    "N-ZEROWIDTH": Rule(
        "N1",
        "보이지 않는 문자가 섞여 있지만 광고 표시로 읽힙니다. 해시태그 링크가 끊기지 않도록 다시 입력해 주세요: {fix}",
    ),
    "N-TAGEND": Rule("N2", "문장 부호에서 해시태그가 끝나므로 광고 표시({words})로 인식됩니다."),
    "N-OBFUSC": Rule("N2", "글자를 띄우거나 풀어 써서({words}) 광고 표시로 알아보기 어렵습니다. " + _ADD, usual=_OPEN),
    "N-BROKENTAG": Rule("N2", "다른 해시태그로 인식되는 표시({words})입니다. 다른 말과 띄어서 " + _ADD, usual=_OPEN),
    "M-REELS": Rule(
        "M2",
        "본문과 영상에 모두 광고임을 표시했습니다.",
        "본문과 영상 양쪽의 표시를 확인하지 못했습니다. 영상의 시작과 끝에 ‘광고’ 자막을 넣고, " + _ADD,
    ),
    "M-STORY": Rule(
        "M3",
        "스토리 안의 광고 표시를 사람이 확인했습니다.",
        "스토리는 화면 안의 표시를 사람이 확인해야 합니다. 사진이나 영상 위에 큰 글자로 ‘광고’를 넣어 주세요.",
    ),
    "M-INIMAGE": Rule(
        "M1",
        "모든 사진 안의 광고 표시를 사람이 확인했습니다.",
        "사진 안에 표시가 있다고 하나 크기와 색을 확인하지 못했습니다. 사람이 확인하거나, " + _ADD,
    ),
    "B-BOTH": Rule("B1", "본문의 표시({words})와 ‘유료 파트너십’ 라벨을 함께 사용했습니다."),
    "B-LABELONLY": Rule(
        "B1",
        "‘유료 파트너십’ 라벨만으로 충분한지는 정해진 바 없습니다. 라벨은 그대로 두고, " + _ADD,
        usual=_OPEN,
    ),
    "AI-LABEL": Rule("A1", "광고임과 가상인물임을 모두 밝혔습니다({words})."),
    "AI-MISSING": Rule(
        "A1",
        "2026년 6월 1일부터 가상인물이 나오는 게시물은 그 사실을 밝혀야 합니다. 본문 맨 앞을 이렇게 시작해 주세요: "
        "{fix} 가상인물이 포함된 게시물입니다.",
        usual=_NOT,
    ),
    "AI-FAKEEXP": Rule(
        "A2",
        "가상인물은 제품을 써 볼 수 없으므로 사용 경험({words})은 거짓 후기입니다. "
        "그 문장을 제품 설명으로 바꿔 주세요.",
        usual=_NOT,
    ),
    "AI-DATE": Rule("A1 V1", "가상인물 표시 의무(2026년 6월 1일) 이전의 게시물이고, 광고임을 밝혔습니다({words})."),
    "E-REMOVED": Rule(
        "E1", "처음에 있던 광고 표시가 수정 후 사라졌습니다. 표시는 계속 있어야 합니다. " + _ADD, usual=_NOT
    ),
}
"""The ids are stored with verdicts: they do not change."""

_OPENING_FOR = {
    "product": "#제품협찬",
    "cash": "#광고 원고료를 받고 작성했습니다.",
    "commission": "#광고 판매 수수료를 받습니다.",
}
_PICTURES_UNSEEN = " (사진·영상 안의 표시는 확인하지 않았습니다.)"


def message_for(finding: Finding, context: PostContext) -> str:
    """Return what a finding says to an advertiser or an influencer, in Korean, with the correction."""
    rule = RULES[finding.rule]
    template = rule.message if finding.verdict is rule.usual or not rule.other_message else rule.other_message
    fix = "#광고"
    if finding.rule == "W-MISMATCH" or context.compensation == "product":
        fix = _OPENING_FOR.get(context.compensation or "", fix)
    words = finding.evidence.text if finding.evidence is not None else ""
    message = template.format(words=" ".join(words.split()), fix=fix)
    is_unseen = context.in_pictures is None and context.in_video is None
    if finding.verdict is _NOT and is_unseen and finding.rule in NO_WORDS | {"M-REELS", "M-STORY"}:
        message += _PICTURES_UNSEEN
    return message
