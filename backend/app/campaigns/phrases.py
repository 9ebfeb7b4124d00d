"""Words and phrases in a caption: found across line breaks, without case, and not inside another word."""

import re
from functools import lru_cache

from app.instagram import tokens


def find_phrase(phrase: str, caption: str) -> re.Match[str] | None:
    """Return where an NFC caption has the phrase, if it does.

    Korean puts endings on words, so `광고` is found in `광고입니다`. Latin letters and digits stand on their own: `ad`
    is not found in `made`. Any blanks in the caption match the blanks of the phrase.
    """
    return _pattern(phrase).search(caption)


@lru_cache(maxsize=10_000)
def _pattern(phrase: str) -> re.Pattern[str]:
    words = tokens.nfc(phrase).split()
    start = "(?<![A-Za-z0-9])" if words[0][0].isascii() and words[0][0].isalnum() else ""
    end = "(?![A-Za-z0-9])" if words[-1][-1].isascii() and words[-1][-1].isalnum() else ""
    return re.compile(start + r"\s+".join(map(re.escape, words)) + end, re.IGNORECASE)
