import subprocess
import sys
from pathlib import Path

from app.cli import COMMANDS

MAIN = "import sys; from app.cli import main\n"


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_help_lists_every_command_without_importing_one() -> None:
    code = MAIN + "try: main()\nfinally: print([name for name in sys.modules if name.startswith('app.cli.')])"

    shown = run(code, "--help").stdout

    assert all(f" {name} " in shown for name in COMMANDS)
    assert shown.endswith("[]\n")


def test_a_command_whose_module_is_missing_does_not_break_the_others() -> None:
    code = (
        "import app.cli\n"
        "app.cli.COMMANDS = {**app.cli.COMMANDS, 'later': ('app.cli.later', 'Comes later.')}\n"
        "app.cli.main()"
    )

    shown = run(code, "--help")

    assert shown.returncode == 0
    assert "later" not in shown.stdout
    assert "doctor" in shown.stdout


def test_an_expected_error_is_one_message_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")

    failed = run(MAIN + "main()", "up", "--state-dir", str(tmp_path / "file" / "state"))

    assert failed.returncode == 1
    assert "cannot be created" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr


def test_a_wrong_setting_is_one_message_and_exit_code_1() -> None:
    code = "import os; os.environ['TAGBUY_API_PORT'] = 'eighty'\n" + MAIN + "main()"

    failed = run(code, "up")

    assert failed.returncode == 1
    assert "TAGBUY_API_PORT" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_database_error_is_one_message_without_peoples_data(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("username,full_name\nana,Ana Kim\n", encoding="utf-8")
    code = "import os; os.environ['DATABASE_URL'] = 'postgresql://app:hush@127.0.0.1:1/none'\n" + MAIN + "main()"

    failed = run(code, "import", "influencers", str(tmp_path / "people.csv"))

    assert failed.returncode == 1
    assert "tagbuy doctor" in failed.stderr
    assert not any(word in failed.stdout + failed.stderr for word in ("Traceback", "Ana Kim", "hush"))


def test_an_address_of_another_kind_is_refused() -> None:
    code = "import os; os.environ['DATABASE_URL'] = 'mysql://app:hush@127.0.0.1/none'\n" + MAIN + "main()"

    failed = run(code, "up")

    assert "DATABASE_URL: Value error, must begin with postgresql://" in failed.stderr
    assert "hush" not in failed.stderr


def test_a_mistyped_command_gets_a_suggestion() -> None:
    failed = run(MAIN + "main()", "doctro")

    assert failed.returncode == 2
    assert "doctor" in failed.stderr
