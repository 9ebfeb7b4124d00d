"""Publishing at a running sandbox from the command line."""

from pathlib import Path

from typer.testing import CliRunner

from app.cli import app
from tests.sandbox_process import running_sandbox


def test_a_reel_can_be_published_for_the_reels_tab_only(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, influencers=1, campaigns=0, accounts=1, speed=0) as sandbox:
        username = sandbox.cast()["influencers"][0]["username"]

        published = CliRunner().invoke(app, ["sandbox", "post", username, "--reels-only", "--dir", str(tmp_path)])
        refused = CliRunner().invoke(
            app, ["sandbox", "post", username, "--reels-only", "--kind", "photo", "--dir", str(tmp_path)]
        )

        newest = sandbox.truth()[-1]
    assert published.exit_code == 0, published.output
    assert (newest["username"], newest["product_type"], newest["is_on_grid"]) == (username, "clips", False)
    assert refused.exit_code == 2
    assert "Only a reel can be left off the grid" in refused.output
