"""The sandbox's page: what happens, the inbox, and things to try. One answer, no assets from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.core.clock import KST
from app.sandbox.captions import Intention
from app.sandbox.faults import KINDS, FaultRule
from app.sandbox.inbox import Message
from app.sandbox.markup import Html, element, join
from app.sandbox.page_texts import TEXTS
from app.sandbox.people import Campaign
from app.sandbox.request_log import LoggedRequest

OFFERED_INTENTIONS = (
    Intention.SATISFIES,
    Intention.TAG_ADDED_LATER,
    Intention.LONGER_TAG,
    Intention.TAG_WITH_PARTICLE,
    Intention.WORDS_WITHOUT_HASH,
    Intention.NO_MENTION,
)
SPEEDS = (0, 1, 60, 600)
_STATIC = Path(__file__).parent / "static"
STYLE = (_STATIC / "page.css").read_text(encoding="utf-8")
SCRIPT = (_STATIC / "page.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class PageState:
    """Everything that the page shows."""

    language: str
    violations: int
    request_count: int
    posts_since_start: int
    post_count: int
    message_count: int
    speed: float
    messages: Sequence[Message]
    posts: Sequence[dict[str, Any]]
    """Truth records, newest first."""
    requests: Sequence[LoggedRequest]
    faults: Sequence[FaultRule]
    campaigns: Sequence[Campaign]
    accounts: Sequence[str]


def render(state: PageState) -> str:
    """Return the whole document."""
    body = join(
        _header(state),
        _tiles(state),
        element("div", _inbox(state), _experiments(state), class_="columns"),
        _posts(state),
        element("div", _campaigns(state), _requests(state), class_="columns"),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", _t(state, "title")),
        element("style", Html(STYLE)),
    )
    news = element("a", _t(state, "new_mail"), id="news", href=f"/?lang={state.language}", hidden=True)
    page = element(
        "body",
        element("main", body),
        news,
        element("script", Html(SCRIPT)),
        data_messages=state.message_count,
        data_posts=state.post_count,
    )
    return "<!doctype html>" + element("html", head, page, lang=state.language)


def _t(state: PageState, key: str) -> str:
    korean, english = TEXTS[key]
    return english if state.language == "en" else korean


def _header(state: PageState) -> Html:
    other = "ko" if state.language == "en" else "en"
    words = element("div", element("h1", _t(state, "title")), element("p", _t(state, "tagline")))
    return element("header", words, element("a", _t(state, "language"), href=f"/?lang={other}", lang=other))


def _tiles(state: PageState) -> Html:
    tiles = (
        ("violations", state.violations, "tile bad" if state.violations else "tile good"),
        ("requests", state.request_count, "tile"),
        ("new_posts", state.posts_since_start, "tile"),
        ("mails", state.message_count, "tile"),
        ("speed", f"×{state.speed:g}", "tile"),
    )
    shown = [
        element(
            "div",
            element("b", f"{value:,}" if isinstance(value, int) else value, id=name),
            element("span", _t(state, name)),
            class_=css,
        )
        for name, value, css in tiles
    ]
    return element("div", *shown, class_="tiles")


def _inbox(state: PageState) -> Html:
    shown = [_message(state, message) for message in state.messages]
    empty = None if shown else element("p", _t(state, "inbox_empty"), class_="empty")
    return element(
        "section",
        element("h2", _t(state, "inbox")),
        element("p", _t(state, "inbox_hint")),
        *shown,
        empty,
        class_="card",
    )


def _message(state: PageState, message: Message) -> Html:
    received = datetime.fromisoformat(message.received_at)
    html = None
    if message.html is not None:
        frame = element("iframe", srcdoc=message.html, sandbox="", title=message.subject, loading="lazy")
        html = element("details", element("summary", _t(state, "as_html")), frame)
    return element(
        "details",
        element("summary", element("b", message.subject), _time(received)),
        element("div", f"{_t(state, 'to')}: {', '.join(message.to)}", class_="soft"),
        element("pre", message.text) if message.text else None,
        html,
    )


def _experiments(state: PageState) -> Html:
    return element(
        "section",
        element("h2", _t(state, "try")),
        _experiment(state, "publish", _publish_form(state)),
        _experiment(state, "fault", _fault_form(state)),
        _experiment(state, "clock", _clock_form(state)),
        class_="card try",
    )


def _experiment(state: PageState, name: str, form: Html) -> Html:
    return element("div", element("h3", _t(state, name)), element("p", _t(state, f"{name}_hint")), form)


def _publish_form(state: PageState) -> Html:
    titles = [(campaign.title, campaign.title) for campaign in state.campaigns if campaign.participants]
    intentions = [(intention.value, _t(state, intention.value)) for intention in OFFERED_INTENTIONS]
    return element(
        "form",
        _select(_t(state, "campaign"), "campaign", titles),
        _select(_t(state, "how"), "intention", intentions),
        element("button", _t(state, "publish")),
        class_="row",
        method="post",
        action="/posts",
    )


def _fault_form(state: PageState) -> Html:
    accounts = [("", _t(state, "any_account")), *((name, name) for name in state.accounts)]
    form = element(
        "form",
        _select(_t(state, "kind"), "kind", [(kind, f"{kind} · {_t(state, f'fault_{kind}')}") for kind in KINDS]),
        _select(_t(state, "account"), "account", accounts),
        element("label", _t(state, "count"), element("input", name="count", type="number", min=1, max=1000, value=1)),
        element("button", _t(state, "inject")),
        class_="row",
        method="post",
        action="/faults",
    )
    waiting = [rule for rule in state.faults if rule.count != 0]
    if not waiting:
        return form
    chips = [
        element("span", f"{rule.kind} ×{rule.count or '∞'} {rule.account or ''}".strip(), class_="chip bad")
        for rule in waiting
    ]
    clear = _button("/faults/clear", _t(state, "clear"))
    return join(form, element("p", f"{_t(state, 'active_faults')}: ", *chips, style="margin-top:12px"), clear)


def _clock_form(state: PageState) -> Html:
    buttons = [
        element(
            "button",
            f"×{speed}" if speed else _t(state, "pause"),
            name="speed",
            value=speed,
            class_=None if speed == state.speed else "quiet",
        )
        for speed in SPEEDS
    ]
    return element("form", *buttons, class_="row", method="post", action="/clock")


def _posts(state: PageState) -> Html:
    heads = [element("th", _t(state, key)) for key in ("when", "who", "caption", "matches", "actions")]
    rows = [_post(state, record) for record in state.posts]
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows))
    return element("section", element("h2", _t(state, "posts")), table, class_="card")


def _post(state: PageState, record: dict[str, Any]) -> Html:
    chips = [element("span", title, class_="chip good") for title in record["matches"]]
    if hidden := next((span["reason"] for span in reversed(record["hidden"]) if span["until"] is None), None):
        chips.append(element("span", _t(state, hidden), class_="chip bad"))
    caption = record["caption"]
    return element(
        "tr",
        element("td", _time(datetime.fromisoformat(record["published_at"]))),
        element("td", record["username"], class_="name"),
        element("td", caption if len(caption) <= 110 else f"{caption[:110]}…"),
        element("td", *chips),
        element("td", element("div", *_post_buttons(state, record), class_="row")),
    )


def _post_buttons(state: PageState, record: dict[str, Any]) -> list[Html]:
    path = f"/posts/{record['media_pk']}"
    if record["archived_at"] is not None:
        return [_button(f"{path}/restore", _t(state, "restore"))]
    if record["removed_at"] is not None:
        return []
    buttons = [_button(f"{path}/{action}", _t(state, action)) for action in ("remove", "archive")]
    missing = [
        campaign
        for campaign in state.campaigns
        if record["username"] in campaign.participants and campaign.title not in record["matches"]
    ]
    if missing and not record["matches"]:
        buttons.insert(0, _button(f"{path}/edit", _t(state, "complete"), campaign=missing[0].title))
    return buttons


def _campaigns(state: PageState) -> Html:
    heads = [element("th", _t(state, key)) for key in ("campaign", "needs", "period", "people")]
    rows = [
        element(
            "tr",
            element("td", element("b", campaign.title)),
            element(
                "td",
                *(element("span", f"#{tag}", class_="chip") for tag in campaign.hashtags),
                *(element("span", f"@{name}", class_="chip") for name in campaign.mentions),
                element("span", _t(state, campaign.content_type), class_="chip"),
            ),
            element("td", f"{campaign.start_date:%m.%d} – {campaign.end_date:%m.%d}", class_="name"),
            element("td", _t(state, "people_count").format(len(campaign.participants)), class_="name"),
        )
        for campaign in state.campaigns
    ]
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows))
    return element("section", element("h2", _t(state, "campaigns")), table, class_="card")


def _requests(state: PageState) -> Html:
    heads = [element("th", _t(state, key)) for key in ("when", "account", "path", "status")]
    rows = [
        element(
            "tr",
            element("td", _time(datetime.fromtimestamp(request.at, UTC))),
            element("td", request.account or "?", class_="name"),
            element("td", request.path.removeprefix("/api/v1/")),
            element("td", element("span", _status(state, request), class_=_status_class(request))),
        )
        for request in state.requests
    ]
    empty = None if rows else element("p", _t(state, "none"))
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows)) if rows else empty
    return element("section", element("h2", _t(state, "recent_requests")), table, class_="card")


def _status(state: PageState, request: LoggedRequest) -> str:
    status = _t(state, "no_answer") if request.status is None else str(request.status)
    return " ".join([status, *([request.fault] if request.fault not in {None, status} else []), *request.violations])


def _status_class(request: LoggedRequest) -> str:
    is_good = request.status == 200 and not request.violations and request.fault is None
    return "chip good" if is_good else "chip bad"


def _button(action: str, label: str, **fields: str) -> Html:
    hidden = [element("input", type="hidden", name=name, value=value) for name, value in fields.items()]
    return element("form", *hidden, element("button", label, class_="quiet"), method="post", action=action)


def _select(label: str, name: str, options: Sequence[tuple[str, str]]) -> Html:
    return element(
        "label", label, element("select", *(element("option", text, value=value) for value, text in options), name=name)
    )


def _time(instant: datetime) -> Html:
    return element("time", f"{instant.astimezone(KST):%m.%d %H:%M:%S}", datetime=instant.isoformat())
