"""What an account's last failure means for a person, and the command that mends it."""

from collections.abc import Mapping

from app.instagram.errors import FailureKind, InstagramError

_ENDED_SESSION = (
    "The session has ended. Renew it: `tagbuy account login {name}`, or `tagbuy account import-session {name} FILE`."
)
_RENEW_IT = "The token has run out or lacks a permission. Store a new one: `tagbuy account import-session {name} FILE`."
_CHALLENGE = (
    "Instagram wants to see a person. Open the app as {name}, with the same proxy if you can, and confirm; then "
    "`tagbuy account test {name}` and `tagbuy account resume {name}`."
)
_REST = "Instagram asked for a pause. Leave it resting; `tagbuy account list` shows how long."
_OUTDATED = (
    "Instagram no longer speaks our version. Update TagBuy Monitor, then `tagbuy account resume {name}`; the same for "
    "the other accounts that say so."
)
_SET_ASIDE = "When the cause is gone: `tagbuy account test {name}`, then `tagbuy account resume {name}`."
_PROXY = (
    "No connection came about. See whether the proxy answers and its password is right; change it with "
    "`tagbuy account set {name} --proxy URL`."
)

_BY_ERROR: Mapping[str, str] = {
    "login_required": _ENDED_SESSION,
    "unauthorized": _ENDED_SESSION,
    "session_missing": "No usable session is stored. Get one: `tagbuy account login {name}`, or "
    "`tagbuy account import-session {name} FILE`.",
    "session_unreadable": "The client cannot read the stored session. Import it again: `tagbuy account import-session "
    "{name} FILE`.",
    "bad_credentials": "Name or password is wrong. Store the right one with `tagbuy account set {name} --password`, "
    "then `tagbuy account login {name}`.",
    "two_factor_required": "A second factor is asked for in a way that this command does not speak. Log in with "
    "another tool and `tagbuy account import-session {name} FILE`.",
    "code_refused": "The code was refused. Try again with a fresh one: `tagbuy account login {name}`, where it comes "
    "by SMS with `--second-factor sms`.",
    "login_refused": "Instagram gave no session and no reason. See in the app whether {name} can log in and the "
    "password is right (`tagbuy account set {name} --password`).",
    "challenge_required": _CHALLENGE,
    "masked_challenge": _CHALLENGE,
    "checkpoint_required": _CHALLENGE,
    "consent_required": _CHALLENGE,
    "account_suspended": "Instagram suspended {name}. See the app; if it is lost, add another account.",
    "proxy_blocked": "Instagram refuses the address of the proxy. Give the account another one: `tagbuy account set "
    "{name} --proxy URL`.",
    "connection_failed": _PROXY,
    "certificate_refused": "Somebody between us and Instagram shows a certificate of its own, often the proxy. Change "
    "it with `tagbuy account set {name} --proxy URL`, or correct TAGBUY_INSTAGRAM_CA_FILE.",
    "timeout": _PROXY,
    "needs_upgrade": _OUTDATED,
    "unknown_query": _OUTDATED,
    "graph_version": _OUTDATED,
    "token_missing": "No token is stored. Store one: `tagbuy account import-session {name} FILE`.",
    "token_unreadable": _RENEW_IT,
    "graph_token": _RENEW_IT,
    "graph_permission": _RENEW_IT,
    "own_account_refused": "The token may not use the account that its `ig_user_id` names. Correct the number, or link "
    "the account to a page of the token's owner; then `tagbuy account import-session {name} FILE`.",
}

_BY_KIND: Mapping[FailureKind, str] = {
    FailureKind.COOLING: _REST,
    FailureKind.NEEDS_HUMAN: _CHALLENGE,
    FailureKind.TRANSIENT: "Nobody's fault, most likely. Try again in a few minutes: `tagbuy account test {name}`.",
    FailureKind.OUTDATED: _OUTDATED,
    FailureKind.TARGET: "Instagram answered, so the session works.",
}
ENDED_SESSIONS = frozenset({"login_required", "unauthorized", "session_missing", "session_unreadable"})


def advice_for(failure: InstagramError, username: str) -> str:
    """Return what to do about a failed request of this account."""
    return (_BY_ERROR.get(failure.error) or _BY_KIND[failure.kind]).format(name=username)


def advice_for_stored(last_error: str | None, username: str, *, is_aside: bool = False) -> str | None:
    """Return what to do about an error as it is stored (`login_required (HTTP 403)`).

    None for one that needs nothing, unless the account `is_aside` because of it: then a person brings it back.
    """
    advice = _BY_ERROR.get((last_error or "").partition(" ")[0])
    if advice is None and is_aside and last_error is not None:
        advice = _SET_ASIDE
    return advice.format(name=username) if advice else None


def is_session_ended(last_error: str | None) -> bool:
    """Return whether a stored error says that the session cannot be used any more."""
    return (last_error or "").partition(" ")[0] in ENDED_SESSIONS
