"""HTML that is escaped by construction: text becomes markup only through `element`."""

from html import escape


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | int | float | None

_VOID = frozenset({"input", "meta", "br"})


def element(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Return an element. Strings are escaped unless they are `Html`; None is left out, in children and attributes.

    A trailing underscore in an attribute's name is dropped (`class_`), others become hyphens; True stands for the bare
    attribute.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    """Return the children one after the other."""
    return Html(
        "".join(child if isinstance(child, Html) else escape(str(child)) for child in children if child is not None)
    )
