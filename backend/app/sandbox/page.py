"""Placeholder until the page is designed."""

from typing import Any


def render(control: Any, language: str) -> str:
    """Return the page."""
    return f"<!doctype html><title>TagBuy sandbox</title>{language}{control.log.total}"
