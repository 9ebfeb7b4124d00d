"""In which language a caption is written, as far as the letters tell: the disclosure must be in the same."""

import re

KOREAN, ENGLISH, JAPANESE, CHINESE = "ko", "en", "ja", "zh"

_TOKENS = re.compile(r"[#@][^\s#@]+|https?://\S+")
_DISCLOSURE = re.compile(r"(?:유료\s?)?(?:광고|협찬)")
_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[a-z\u00c0-\u024f]{2,}", re.IGNORECASE)
_OTHER_LETTER = re.compile(r"[^\W\d_a-zA-Z\u00aa-\u024f]")


def language_of(text: str) -> str:
    """Return `ko`, `ja`, `zh`, `en` for anything in Latin letters, or `other`.

    Hashtags, mentions and the disclosure itself do not count, unless there is nothing else. Without any word it is
    `ko`, because the campaigns are.
    """
    prose = _DISCLOSURE.sub(" ", _TOKENS.sub(" ", text))
    return _written_in(prose) or _written_in(text) or KOREAN


def _written_in(text: str) -> str | None:
    if _HANGUL.search(text):
        return KOREAN
    if _KANA.search(text):
        return JAPANESE
    if _HAN.search(text):
        return CHINESE
    if _OTHER_LETTER.search(text):
        return "other"
    return ENGLISH if _LATIN_WORD.search(text) else None
