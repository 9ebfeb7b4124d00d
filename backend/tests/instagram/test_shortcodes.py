import pytest
from instagrapi.utils import InstagramIdCodec

from app.core.errors import InvalidInput
from app.instagram.shortcodes import media_pk_of_code, media_pk_of_url
from app.sandbox.posts import code_of

PK, CODE = "3865659729796199935", code_of(3865659729796199935)


@pytest.mark.parametrize(
    "text",
    [
        f"https://www.instagram.com/p/{CODE}/",
        f"https://instagram.com/reel/{CODE}/?igsh=abc&img_index=2",
        f"http://m.instagram.com/reels/{CODE}",
        f"https://www.instagram.com/ana.kim/p/{CODE}/",
        f"https://www.instagram.com/ana.kim/reel/{CODE}/?hl=ko",
        f"www.instagram.com/tv/{CODE}/",
        f"  instagram.com/p/{CODE}  ",
        CODE,
        f"이 게시물이요 https://www.instagram.com/p/{CODE}/?igsh=xx 확인 부탁드려요",
        f"링크:https://www.instagram.com/p/{CODE}입니다",
        f"“https://www.instagram.com/p/{CODE}.”",
        f"\u200b<https://www.instagram.com//p/{CODE}/>",
    ],
)
def test_a_posts_address_names_its_pk(text: str) -> None:
    assert media_pk_of_url(text) == PK


@pytest.mark.parametrize("pk", [PK, "1", "64", "2278584739065882267", "9223372036854775807"])
def test_a_code_is_read_as_the_pinned_client_library_reads_it(pk: str) -> None:
    code = InstagramIdCodec.encode(int(pk))

    assert media_pk_of_code(code) == str(InstagramIdCodec.decode(code)) == pk


def test_the_long_code_of_a_followers_only_post_begins_with_the_usual_one() -> None:
    assert media_pk_of_url(f"https://www.instagram.com/p/{CODE}{'x' * 28}/") == PK


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("https://www.instagram.com/share/BAx9/", "share link"),
        ("https://www.instagram.com/ana.kim/", "not the address of a post"),
        ("https://www.instagram.com/stories/ana/123/", "not the address of a post"),
        ("https://example.com/p/Cabc123/", "not an address of Instagram"),
        ("https://www.instagram.com.evil.example/p/Cabc123/", "not an address of Instagram"),
        ("https://evil.example/instagram.com/p/Cabc123/", "not an address of Instagram"),
        ("https://l.instagram.com/?u=https%3A%2F%2Fwww.instagram.com%2Fp%2FCabc123%2F", "not an address of Instagram"),
        ("https://www.instagram.com/reels/audio/123456789/", "not the address of a post"),
        ("http://[bad/p/Cabc123/", "not an address of Instagram"),
        ("https://www.instagram.com／p／Cabc123", "not the address of a post"),
        ("3865659729796199935", "is no short code"),
        ("여름 캠페인", "not an address of Instagram"),
        ("", "not an address of Instagram"),
    ],
)
def test_anything_else_is_refused_with_what_is_expected(text: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint):
        media_pk_of_url(text)
