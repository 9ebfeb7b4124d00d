from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from app.cli.post import print_details
from app.instagram.fake import make_post
from app.monitoring.post_details import PostDetails


def test_people_read_korean_time_and_plays_beside_views() -> None:
    post = make_post(taken_at=datetime(2026, 3, 2, 15, 30, tzinfo=UTC), caption="여름\n#휴가", play_count=1200)
    console = Console(file=StringIO(), width=200)

    print_details(console, PostDetails(post.media_pk, post, "ana", (), ()))

    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "@ana, 2026-03-03 00:30 (KST): 여름",
        "likes 10, comments 1, plays 1,200, views not reported",
    ]
