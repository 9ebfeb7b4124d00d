"""Flower's settings where it is started by hand in this directory; options of the command line win.

Flower can revoke and run tasks, so it never listens without a password: that of FLOWER_BASIC_AUTH (`user:password`),
else the one that `tagbuy up` shows (`admin`, and `flower.password` in the state directory).
"""

import os

from app.core.config import get_settings
from app.runtime import state
from app.runtime.roles import flower_password

address = os.environ.get("FLOWER_ADDRESS", "127.0.0.1")
max_tasks = 2000

if "FLOWER_BASIC_AUTH" in os.environ:
    basic_auth = os.environ["FLOWER_BASIC_AUTH"].split(",")
else:
    basic_auth = [f"admin:{flower_password(state.make_directory(get_settings().state_dir))}"]
