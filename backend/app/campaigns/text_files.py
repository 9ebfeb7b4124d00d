"""Text files as people save them: UTF-8 with or without a mark, UTF-16 and CP949 from Excel."""

import codecs

from app.campaigns import texts
from app.campaigns.problems import Problem

_WORKBOOK_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def read_text(content: bytes, *, expected: str) -> str | Problem:
    """Return the text with line feeds between its lines, or why it is none. `expected` says what should be in it."""
    if content.startswith(_WORKBOOK_MARKS):
        return Problem(1, None, texts.SPREADSHEET, is_whole_file=True)
    text = _decoded(content)
    if text is None or "\0" in text:
        return Problem(None, None, texts.NOT_TEXT, is_whole_file=True)
    if not text.strip():
        return Problem(1, None, texts.EMPTY_FILE.format(expected=expected), is_whole_file=True)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(content: bytes) -> str | None:
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ["utf-16"] if is_utf16 else ["utf-8-sig", "cp949"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
