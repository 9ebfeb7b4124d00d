"""Every check and every test, in the order in which they fail fastest. `make test` runs this."""

import subprocess
import sys
import time
from pathlib import Path

BACKEND = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

STEPS = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "import contracts": ["lint-imports"],
    "types": ["mypy"],
    "tests": ["pytest", "--cov", "--cov-report=term:skip-covered", *sys.argv[1:]],
}


def main() -> int:
    """Run the steps, stop at the first that fails, and say how long each took."""
    for name, command in STEPS.items():
        started = time.monotonic()
        completed = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=BACKEND,
            check=False,
            capture_output=name == "import contracts",
            text=True,
        )
        if completed.returncode:
            print(completed.stdout or "", end="")
            print(f"✗ {name} failed", flush=True)
            return completed.returncode
        print(f"✓ {name} ({time.monotonic() - started:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
