"""The sentences that tell a person what is wrong with a campaign, an influencer or a file, and what is expected."""

import unicodedata

# Any file
EMPTY_FILE = "the file is empty; expected {expected}"
NOT_TEXT = "this is not text in UTF-8 or CP949; save the file as 'CSV UTF-8' or as plain text in UTF-8"
SPREADSHEET = "this is an Excel workbook, not a text file; in Excel choose Save as, 'CSV UTF-8 (comma delimited)'"
MISSING = "is missing; expected {expected}"
TWICE_IN_FILE = "{value} is in the file twice, first on line {line}; delete one of the two"
DID_YOU_MEAN = "; did you mean {suggestion}?"
NOT_ONE_OF = "{value} is not known; expected one of {expected}"

# Usernames
USERNAME = "an Instagram username, @username or the address of a profile"
NOT_A_USERNAME = (
    "{value} is not an Instagram username; expected at most 30 letters A-Z, digits, '_' and single '.' inside, "
    "or the address of a profile"
)
NOT_A_PROFILE = "{value} is not the address of a profile; expected one such as https://www.instagram.com/username/"

# CSV
CSV_EXPECTED = "a header line with the column 'username' and a line for each influencer"
NO_HEADER = "the first line must name the columns and 'username' must be among them; found {found}"
COLUMN_TWICE = "the column {name} is there twice; delete one of the two"
UNKNOWN_COLUMN = "the column {name} is not known; did you mean {suggestion}?"
NO_ROWS = "there is no influencer below the header; expected at least one line"
TOO_MANY_CELLS = "{found} values under a header of {expected}; put a value that holds the separator in quotes"
BAD_CSV = "the line cannot be read ({reason}); look for a quotation mark that is opened and not closed"
NO_USERNAME = "the row has no username; expected {expected}, or delete the line"
NOT_DIGITS = "{value} is not Instagram's number of an account; expected digits only, such as 25025320"
ROUNDED = "{value} was rounded by a spreadsheet; format the column as text and enter the whole number again"
NOT_A_COUNT = "{value} is not a number; expected a whole number from 0 to 2147483647, such as 12500"
OTHER_PLATFORM = "{value} is not watched; expected instagram, or delete the line"

# JSON
JSON_EXPECTED = "a campaign, a list of campaigns, or an object with such a list as 'campaigns'"
BAD_JSON = "not valid JSON at column {column}: {reason}"
UNREADABLE_JSON = "the JSON cannot be read: it is nested too deeply or has a number with thousands of digits"
BESIDE_CAMPAIGNS = "{value} stands beside 'campaigns'; expected only 'campaigns' here"
NOT_CAMPAIGNS = "expected " + JSON_EXPECTED + "; found {found}"
NO_CAMPAIGNS = "there is no campaign in the file; expected at least one"
NOT_A_CAMPAIGN = 'a campaign must be an object {{"title": ..., ...}}; found {found}'
UNKNOWN_FIELD = "is not a field of {owner}"
KNOWN_FIELDS = "; the fields are {fields}"
FIELD_TWICE = "is given twice; delete one of the two"
NOT_TEXT_VALUE = "must be text; found {found}"
CONTROL_CHARACTERS = "must be one line without control characters"
TOO_LONG = "has {found} characters; expected at most {limit}"
NOT_AN_EMAIL = "{value} is not an e-mail address; expected one such as brand@example.com"
NOT_DAYS = "{value} is not a number of days; expected a whole number from 1 to 3650"
NOT_AN_AMOUNT = "{value} is not an amount in won; expected a number from 0 to 999999999999.99"
NOT_A_LIST = "must be a list of {expected}; found {found}"
NOT_A_PARTICIPANT = (
    'must be a username or an object {{"username": ..., "compensation": ..., "agreed_amount": ...}}; found {found}'
)
PARTICIPANT_TWICE = "{value} is in this campaign twice, first on line {line}; delete one of the two"
CAMPAIGN_TWICE = (
    "the same advertiser, title and start date are in the file twice, first on line {line}; "
    "delete one or change its title"
)
UNKNOWN_INFLUENCER = "{value} is not known; import influencers first: tagbuy import influencers FILE.csv"
IN_CAMPAIGN = "campaign {title}: {message}"
STAY_SELECTED = "campaign {title}: {names} not in the file, stay selected"

# Requirements
NOT_A_HASHTAG = (
    "{value} is not one hashtag; expected letters, digits and '_' without spaces or punctuation, with or without '#'"
)
NOT_A_MENTION = "{value} is not one username; expected at most 30 letters A-Z, digits, '_' and single '.' inside"
TAG_TWICE = "{value} and {first} are the same; delete one of the two"
TOO_MANY_HASHTAGS = "{found} hashtags; expected at most {limit}, because Instagram allows {limit} in a post"
NOTHING_REQUIRED = (
    "no hashtag, mention or phrase is required: nothing is registered by itself, and every post in the period asks "
    "for review"
)
NO_ROOM_FOR_DISCLOSURE = (
    "{found} hashtags leave no room for a disclosure tag such as #광고, because Instagram allows {limit} in a post; "
    "take one away, or ask for the disclosure in words at the start of the caption"
)
ANY_OF_REQUIRED = "{value} is in required_hashtags too, so this list is always met; delete it from one of the two"
FORBIDDEN_AND_REQUIRED = "{value} is forbidden and part of {required}, which is required: no post can have both"
NO_PLACE = "is empty; expected one or more of {expected}"
NOT_WORDS = "{value} is not a text that a caption can have; expected words of at most {limit} characters on one line"
NOT_A_TIME_ZONE = "{value} is not a time zone; expected an IANA name, such as Asia/Seoul"
STORIES = "stories are not in the feed, so none is found by itself; register them by hand, or expect one of {expected}"
NOT_A_DATE = "{value} is not a date; expected YYYY-MM-DD, such as 2026-11-23"
NO_SUCH_DAY = "{value} is not in the calendar; expected a day that exists, as YYYY-MM-DD"
DAY_OUT_OF_RANGE = "{value} is out of range; expected a day from {first} to {last}"
END_BEFORE_START = "{end} is before start_date {start}; expected the same day or a later one"

# Agreements
NOT_A_PROMISE = (
    'must be an object {{"minutes": 60, "share": 0.95}}, or {{}} to take an earlier promise back; found {found}'
)
NOT_PROMISED_MINUTES = "{value} is not a promised time; expected minutes from {least} to {most}"
NOT_A_PROMISED_SHARE = "{value} is not a promised share; expected a number from {least} to {most}, such as 0.95"
UPLOAD_WINDOW = '{"from": "2026-11-23T18:00", "until": "2026-11-23T22:00"}'
UPLOAD_WINDOWS = f"upload windows {UPLOAD_WINDOW}"
NOT_A_WINDOW = "must be an object {expected}; found {found}"
MOMENT = "a date and time such as 2026-11-23T18:00, in the campaign's time zone unless it ends in +09:00"
NOT_A_MOMENT = "{value} is not a moment; expected {expected}"
WINDOW_BACKWARDS = "{until} is not after {begin}; expected a later moment"

_LONGEST_QUOTE = 60
_KINDS = {type(None): "null", str: "a text", list: "a list", dict: "an object"}


def quoted(value: object) -> str:
    """Return `value` in quotes, on one line and not too long."""
    shown = value if isinstance(value, str) else kind_of(value)
    printable = "".join("\ufffd" if is_control(letter) else letter for letter in shown)
    if len(printable) > _LONGEST_QUOTE:
        printable = printable[: _LONGEST_QUOTE - 1] + "…"
    return f"'{printable}'" if isinstance(value, str) else printable


def is_control(letter: str) -> bool:
    """Return whether the character cannot be shown: a control character, or half of a surrogate pair."""
    return unicodedata.category(letter) in {"Cc", "Cs"}


def kind_of(value: object) -> str:
    """Return what a JSON value is, in words."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    return _KINDS.get(type(value), type(value).__name__)


def alternatives(values: list[str]) -> str:
    """Return the values as a list in words: `a, b, c`."""
    return ", ".join(values)
