"""Recorded pages, served as they are for the users whose pk they contain."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.errors import ConfigurationError


class Replay:
    """The recordings of a folder: feed pages, profiles and, within the pages, single posts."""

    def __init__(self, folder: Path | None = None) -> None:
        self._pages: dict[str, list[dict[str, Any]]] = {}
        self._profiles: dict[str, dict[str, Any]] = {}
        self._items: dict[str, dict[str, Any]] = {}
        self.ignored: list[str] = []
        if folder is not None:
            self._read(folder)

    def users(self) -> list[dict[str, str]]:
        """Return the recorded users: pk and, as far as recorded, username."""
        return [
            {"pk": pk, "username": str(_user_of(pages[0]).get("username", ""))} for pk, pages in self._pages.items()
        ]

    def feed_page(self, user_pk: str, cursor: str | None) -> Mapping[str, Any] | None:
        """Return the first page, or the one after the page whose `next_max_id` is `cursor`; None if there is none."""
        pages = self._pages.get(user_pk, [])
        if cursor is None:
            return pages[0] if pages else None
        cursors = [page.get("next_max_id") for page in pages[:-1]]
        return pages[cursors.index(cursor) + 1] if cursor in cursors else None

    def profile(self, *, pk: str | None = None, username: str | None = None) -> Mapping[str, Any] | None:
        """Return a recorded answer of `users/…/info/`."""
        if pk is not None:
            return self._profiles.get(pk)
        named = (body for body in self._profiles.values() if body["user"].get("username") == username)
        return next(named, None)

    def media_info(self, media_pk: str) -> Mapping[str, Any] | None:
        """Return a recorded post as `media/{pk}/info/` answers it."""
        found = self._items.get(media_pk)
        return None if found is None else {"items": [found], "num_results": 1, "more_available": False, "status": "ok"}

    def _read(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ConfigurationError(f"--replay {folder} is not a folder; expected one with files feed_user_*.json")
        for path in sorted(folder.glob("*.json")):
            try:
                body = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                self.ignored.append(path.name)
                continue
            if not self._take(body.get("response", body) if isinstance(body, dict) else None):
                self.ignored.append(path.name)

    def _take(self, body: Any) -> bool:
        if not isinstance(body, dict):
            return False
        items, user = body.get("items"), _user_of(body)
        pk = str(user.get("pk", ""))
        if isinstance(items, list) and pk and "more_available" in body and isinstance(body.get("user"), dict):
            self._pages.setdefault(pk, []).append(body)
        elif items is None and pk:
            self._profiles[pk] = body
        elif not isinstance(items, list):
            return False
        self._items.update({str(item["pk"]): item for item in items or [] if isinstance(item, dict) and "pk" in item})
        return True


def _user_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    user = body.get("user")
    return user if isinstance(user, dict) else {}
