"""Short codes: the id of a post, readable from its address without asking anybody.

A code is the id in base 64. Codes of posts that only followers see are longer; their first 11 characters are the id
(instagrapi 3.2.2, `media_pk_from_code`).
"""

import re

from app.core.errors import InvalidInput

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CODE = re.compile(r"[A-Za-z0-9_-]{5,64}", re.ASCII)
_ADDRESS = re.compile(
    r"(?<![A-Z0-9._@/=-])(?:https?://)?(?:www\.|m\.)?(?:instagram\.com|instagr\.am)(?![A-Z0-9.:@-])(?P<path>/\S*)?",
    re.ASCII | re.IGNORECASE,
)
_POST = re.compile(r"/+(?:[A-Za-z0-9._]+/+)?(?:p|reel|reels|tv)/+(?!audio/)([A-Za-z0-9_-]{5,64})", re.ASCII)
_LONGEST_PUBLIC = 11
_MOST = 2**63 - 1
"""Ids are numbers of 63 bits."""


def media_pk_of_url(text: str) -> str:
    """Return the pk of the post at an address such as `https://www.instagram.com/reel/CODE/`, or of a bare code.

    An address may stand in other text, as it does in a pasted message.

    Raises:
        InvalidInput: it is no post's address; the message says what one looks like.
    """
    bare = text.strip()
    if _CODE.fullmatch(bare):
        return _plausible_pk(bare)
    address = _ADDRESS.search(bare)
    if address is None:
        raise InvalidInput(f"'{text}' is not an address of Instagram. Expected https://www.instagram.com/p/CODE/.")
    path = address["path"] or ""
    if path.startswith("/share/"):
        raise InvalidInput(
            "This is a share link, which hides the post's code. Open it in a browser and copy the address from there."
        )
    if found := _POST.match(path):
        return _plausible_pk(found[1])
    raise InvalidInput(
        f"'{text}' is not the address of a post. Expected https://www.instagram.com/p/CODE/ or …/reel/CODE/; stories "
        "and profiles have no code."
    )


def media_pk_of_code(code: str) -> str:
    """Return the pk that belongs to a short code."""
    pk = 0
    for letter in code[:_LONGEST_PUBLIC]:
        pk = pk * 64 + _ALPHABET.index(letter)
    return str(pk)


def _plausible_pk(code: str) -> str:
    pk = media_pk_of_code(code)
    if int(pk) > _MOST:
        raise InvalidInput(f"'{code}' is no short code of a post. That is what follows /p/ or /reel/ in its address.")
    return pk
