"""The alarm is one for a process, so a process of several threads has none that could be trusted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.core import watchdog
from app.core.errors import ConfigurationError


def test_only_the_main_thread_can_be_watched() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ConfigurationError, match="-P prefork"):
        pool.submit(watchdog.arm, timedelta(hours=1)).result()
