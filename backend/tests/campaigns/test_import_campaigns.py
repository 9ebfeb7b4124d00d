import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.campaigns.import_campaigns import import_campaigns, read_campaigns, save_campaigns, validated_campaigns
from app.campaigns.problems import ImportReport
from app.core.db import TransactionFactory
from app.core.errors import InvalidInput
from app.models import Campaign, CampaignInfluencer, Influencer, User
from app.models.states import CampaignStatus, Compensation, ContentType, Locale, UserRole
from app.scheduling import agreements
from app.scheduling.policy import Promise
from tests.builders import make_influencer, saved

NOW = datetime(2026, 11, 10, 3, tzinfo=UTC)
LATER = NOW + timedelta(hours=6)


def document(**changes: Any) -> dict[str, Any]:
    return {
        "title": "여름 캠페인",
        "advertiser_email": "brand@example.com",
        "required_hashtags": ["#여름휴가"],
        "start_date": "2026-11-01",
        "end_date": "2026-11-30",
        "influencers": ["ana"],
    } | changes


def saved_people(transaction: TransactionFactory, *names: str) -> None:
    saved(transaction, *(make_influencer(name, next_scan_at=LATER) for name in names))


def run(transaction: TransactionFactory, *documents: Mapping[str, Any], skip_invalid: bool = False) -> ImportReport:
    content = json.dumps(documents, ensure_ascii=False).encode()
    return import_campaigns(transaction, content, skip_invalid=skip_invalid, now=NOW)


def stored(transaction: TransactionFactory, model: type[Any]) -> list[Any]:
    with transaction() as session:
        return list(session.scalars(select(model)))


def problems(text: str) -> list[str]:
    return [str(problem) for problem in read_campaigns(text).problems]


def pretty(**changes: Any) -> str:
    """A file with one campaign, one field to a line: the title on line 3, hashtags on line 5."""
    return json.dumps([document(**changes)], ensure_ascii=False, indent=1)


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"campaigns": [one]}])
def test_one_campaign_a_list_or_a_wrapped_list_is_read(wrap: Any) -> None:
    file = read_campaigns(json.dumps(wrap(document())))

    assert file.problems == []
    assert [entry.title for entry in file.entries] == ["여름 캠페인"]


@pytest.mark.parametrize(
    ("changes", "line", "field", "message"),
    [
        ({"end_date": "2026-13-01"}, 9, "end_date", "'2026-13-01' is not in the calendar"),
        ({"end_date": "1.12.2026"}, 9, "end_date", "'1.12.2026' is not a date; expected YYYY-MM-DD"),
        ({"end_date": "2026-10-01"}, 9, "end_date", "2026-10-01 is before start_date 2026-11-01"),
        ({"required_hashtags": list("abcdef")}, 5, "required_hashtags", "6 hashtags; expected at most 5"),
        ({"required_hashtags": ["a", "b c"]}, 7, "required_hashtags", "'b c' is not one hashtag"),
        ({"forbidden_words": ["여름"]}, 14, "forbidden_words", "'여름' is forbidden and part of '#여름휴가'"),
        ({"content_typ": "reel"}, 13, "content_typ", "'content_typ' is not a field of a campaign"),
        ({"advertiser_email": "brand"}, 4, "advertiser_email", "'brand' is not an e-mail address"),
        ({"status": "running"}, 13, "status", "'running' is not known; expected one of draft, active"),
        ({"retention_days": 0}, 13, "retention_days", "the number 0 is not a number of days"),
        ({"influencers": "ana"}, 10, "influencers", "must be a list of usernames; found a text"),
        ({"influencers": ["a b"]}, 11, "influencers.username", "'a b' is not an Instagram username"),
        ({"influencers": ["ana", "@Ana"]}, 12, "influencers", "'ana' is in this campaign twice, first on line 11"),
        ({"influencers": [{"username": "a", "compensation": "x"}]}, 13, "influencers.compensation", "'x' is not known"),
        ({"influencers": [{"username": "a", "agreed_amount": -5}]}, 13, "influencers.agreed_amount", "the number -5"),
        ({"influencers": [{"username": "a", "amount": 5}]}, 13, "influencers.amount", "'amount' is not a field of"),
        ({"influencers": [5]}, 11, "influencers", "must be a username or an object"),
        ({"promise": 60}, 13, "promise", 'must be an object {"minutes": 60, "share": 0.95}, or {}'),
        ({"promise": {"minutes": 0}}, 14, "promise.minutes", "the number 0 is not a promised time; expected minutes"),
        ({"promise": {"minutes": 60, "share": 95}}, 15, "promise.share", "the number 95 is not a promised share"),
        ({"promise": {"minute": 60, "minutes": 60}}, 14, "promise.minute", "'minute' is not a field of a promise"),
        ({"upload_windows": "tonight"}, 13, "upload_windows", "must be a list of upload windows"),
        ({"upload_windows": [5]}, 14, "upload_windows", 'must be an object {"from": "2026-11-23T18:00", "until": '),
    ],
)
def test_a_bad_value_is_told_with_its_line_and_its_campaign(
    changes: dict[str, Any], line: int, field: str, message: str
) -> None:
    (problem,) = problems(pretty(**changes))

    assert problem.startswith(f"line {line}: {field}: campaign '여름 캠페인': {message}")


def test_a_campaign_without_a_name_is_told() -> None:
    (problem,) = problems(pretty(title=" "))

    assert problem == "line 3: title: is missing; expected the campaign's name"


def test_a_title_of_two_lines_is_refused() -> None:
    (problem,) = problems(pretty(title="a\r\nBcc: b"))

    assert problem.startswith("line 3: title: campaign 'a\ufffd\ufffdBcc: b': must be one line")


def test_a_missing_field_is_told_on_the_line_of_its_campaign() -> None:
    without_end = {name: value for name, value in document().items() if name != "end_date"}

    (problem,) = problems(json.dumps([document(), without_end | {"title": "b"}], indent=1))

    assert problem.startswith("line 14: end_date: campaign 'b': is missing; expected a day as YYYY-MM-DD")


def test_a_field_that_looks_like_a_known_one_is_suggested() -> None:
    (problem,) = problems(pretty(content_typ="reel"))

    assert problem.endswith("did you mean 'content_type'?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"title": "a"},\n {title: 1}]', "line 2: not valid JSON at column 3: Expecting property name"),
        ('{"title": "a"\n "status": 1}', "line 2: not valid JSON at column 2: Expecting ',' delimiter"),
        ("[]", "line 1: there is no campaign in the file"),
        pytest.param("1" * 5000, "line 1: the JSON cannot be read", id="long number"),
        ('{"campaigns": [],\n"campaign": {}}', "line 2: campaign: 'campaign' stands beside 'campaigns'"),
        ("5", "line 1: expected a campaign, a list of campaigns, or"),
        ("[\n5]", "line 2: a campaign must be an object"),
        pytest.param("[" * 100_000, "line 1: the JSON cannot be read: it is nested too deeply", id="deep nesting"),
    ],
)
def test_a_file_that_holds_no_campaigns_is_told(text: str, expected: str) -> None:
    assert problems(text)[0].startswith(expected)


def test_a_field_that_is_given_twice_is_told() -> None:
    text = json.dumps(document(), indent=1).replace('"start_date"', '"title": "b",\n"start_date"')

    assert problems(text) == ["line 7: title: campaign 'b': is given twice; delete one of the two"]


def test_the_same_campaign_twice_is_told() -> None:
    text = json.dumps([document(), document(end_date="2026-12-24", advertiser_email="Brand@Example.com")], indent=1)

    (problem,) = problems(text)

    assert problem.startswith("line 14: title: campaign '여름 캠페인': the same advertiser, title and start date")
    assert "first on line 2" in problem


def test_a_campaign_is_saved_with_its_advertiser_and_its_parts(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana", "ben")
    parts = ["@Ana", {"username": "ben", "compensation": "cash", "agreed_amount": "150000.50"}]

    report = run(transaction, document(influencers=parts, required_mentions=["@Lumi"], advertiser_name="루미"))

    (campaign,), (user,) = stored(transaction, Campaign), stored(transaction, User)
    assert (report.created, report.is_saved) == (1, True)
    assert (campaign.title, campaign.status, campaign.retention_days) == ("여름 캠페인", CampaignStatus.ACTIVE, 180)
    assert (campaign.required_hashtags, campaign.required_mentions) == (["여름휴가"], ["lumi"])
    assert (campaign.content_type, campaign.end_date) == (ContentType.ANY, date(2026, 11, 30))
    assert (user.id, user.name, user.role) == (campaign.advertiser_id, "루미", UserRole.ADVERTISER)
    assert (user.locale, user.password_hash) == (Locale.KO, None)
    saved_parts = {(part.compensation, part.agreed_amount) for part in stored(transaction, CampaignInfluencer)}
    assert saved_parts == {(None, None), (Compensation.CASH, Decimal("150000.50"))}


def test_the_selected_influencers_are_due_at_once(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana", "ben")

    run(transaction, document())

    due = {person.username: person.next_scan_at for person in stored(transaction, Influencer)}
    assert due == {"ana": NOW, "ben": LATER}


def test_an_unknown_influencer_is_told_and_nothing_is_saved(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana")

    report = import_campaigns(transaction, pretty(influencers=["ana", "nobody"]).encode(), skip_invalid=False, now=NOW)

    assert [str(problem) for problem in report.problems] == [
        "line 12: influencers: campaign '여름 캠페인': 'nobody' is not known; "
        "import influencers first: tagbuy import influencers FILE.csv"
    ]
    assert stored(transaction, Campaign) == stored(transaction, User) == []


def test_unknown_influencers_are_told_together_with_everything_else(transaction: TransactionFactory) -> None:
    content = pretty(influencers=["nobody"], end_date="2026-10-01").encode()

    report = import_campaigns(transaction, content, skip_invalid=False, now=NOW)

    assert [(problem.line, problem.field) for problem in report.problems] == [(9, "end_date"), (11, "influencers")]


def test_good_campaigns_are_kept_when_asked_for(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana")
    bad = document(title="나쁜", end_date="2026-01-01")
    stranger = document(title="모르는", influencers=["ana", "nobody"])

    report = run(transaction, bad, document(), stranger, skip_invalid=True)

    assert (report.created, len(report.problems), report.is_saved) == (1, 2, True)
    assert [campaign.title for campaign in stored(transaction, Campaign)] == ["여름 캠페인"]


def test_importing_again_changes_nothing(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana")
    run(transaction, document())
    later_again(transaction)

    report = run(transaction, document())

    assert (report.created, report.updated, report.unchanged) == (0, 0, 1)
    assert [person.next_scan_at for person in stored(transaction, Influencer)] == [LATER]


def test_a_changed_campaign_is_updated_and_keeps_what_the_file_leaves_open(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana")
    run(transaction, document(status="completed", retention_days=30))
    later_again(transaction)

    report = run(transaction, document(end_date="2026-12-31"))

    (campaign,) = stored(transaction, Campaign)
    assert (report.created, report.updated) == (0, 1)
    assert (campaign.end_date, campaign.status) == (date(2026, 12, 31), CampaignStatus.COMPLETED)
    assert campaign.retention_days == 30
    assert [person.next_scan_at for person in stored(transaction, Influencer)] == [NOW]


def test_a_promise_and_upload_windows_are_kept_until_they_are_taken_back(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana")
    window = {"from": "2026-11-23T18:00", "until": "2026-11-23T22:00+09:00"}
    run(transaction, document(promise={"minutes": 60}, upload_windows=[window]))
    run(transaction, document(end_date="2026-12-31"))
    (kept,) = stored(transaction, Campaign)

    run(transaction, document(promise={}))
    (campaign,) = stored(transaction, Campaign)

    kst = timezone(timedelta(hours=9))
    agreed_window = (datetime(2026, 11, 23, 18, tzinfo=kst), datetime(2026, 11, 23, 22, tzinfo=kst))
    assert agreements.promise_of(kept.settings) == Promise(share=0.95, within=timedelta(hours=1))
    assert agreements.upload_windows(kept.settings) == [agreed_window]
    assert agreements.promise_of(campaign.settings) is None
    assert agreements.upload_windows(campaign.settings) == [agreed_window]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (
            {"from": "2026-11-23T18:00", "until": "2026-11-23T18:00"},
            "'2026-11-23T18:00' is not after '2026-11-23T18:00'",
        ),
        ({"from": "2026-11-23"}, "is missing; expected a date and time such as 2026-11-23T18:00"),
        ({"from": "2026-11-23", "until": "8 pm"}, "'8 pm' is not a moment; expected a date and time"),
    ],
)
def test_a_window_without_an_end_after_its_begin_is_refused(window: dict[str, str], expected: str) -> None:
    (problem,) = problems(pretty(upload_windows=[window]))

    assert f": upload_windows.until: campaign '여름 캠페인': {expected}" in problem


@pytest.mark.parametrize(
    "settings",
    [
        {"promise": "60", "upload_windows": "tonight"},
        {"promise": {"minutes": "60"}, "upload_windows": [{"from": "2026-11-23T18:00", "until": "2026-11-23T19:00"}]},
        {"promise": {"minutes": True}, "upload_windows": [{"from": 5, "until": None}, "tonight"]},
    ],
)
def test_agreements_of_another_form_that_the_platform_stored_count_as_none(settings: dict[str, Any]) -> None:
    promise, windows = agreements.promise_of(settings), agreements.upload_windows(settings)

    assert (promise, list(windows)) == (None, [])


def test_participations_are_added_and_never_removed(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana", "ben")
    run(transaction, document(influencers=["ana"]))
    later_again(transaction)

    report = run(transaction, document(influencers=["ben"]))

    assert report.updated == 1
    assert report.notes == ["campaign '여름 캠페인': ana not in the file, stay selected"]
    assert [part.is_selected for part in stored(transaction, CampaignInfluencer)] == [True, True]
    assert {person.username: person.next_scan_at for person in stored(transaction, Influencer)} == {
        "ana": LATER,
        "ben": NOW,
    }


def test_an_influencer_who_was_unselected_is_selected_again(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana")
    run(transaction, document())
    with transaction() as session:
        session.scalars(select(CampaignInfluencer)).one().is_selected = False
    later_again(transaction)

    report = run(transaction, document())

    (part,), (ana,) = stored(transaction, CampaignInfluencer), stored(transaction, Influencer)
    assert (report.updated, part.is_selected, ana.next_scan_at) == (1, True, NOW)


def test_the_sandboxs_documents_are_taken_as_they_are(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana")
    entries, found = validated_campaigns([document()])

    with transaction() as session:
        report = save_campaigns(session, entries, now=NOW)

    assert (found, report.created) == ([], 1)


def test_saving_a_campaign_with_an_unknown_influencer_is_refused(transaction: TransactionFactory) -> None:
    entries, _ = validated_campaigns([document()])

    with transaction() as session, pytest.raises(InvalidInput, match="'ana' is not known"):
        save_campaigns(session, entries, now=NOW)


def test_a_campaign_with_ten_thousand_influencers_takes_few_statements(transaction: TransactionFactory) -> None:
    names = [f"user{number}" for number in range(10_000)]
    with transaction() as session:
        session.add_all(make_influencer(name, next_scan_at=LATER) for name in names)

    report = run(transaction, document(influencers=names))

    assert (report.created, len(ids_of(transaction))) == (1, 10_000)


def later_again(transaction: TransactionFactory) -> None:
    with transaction() as session:
        for person in session.scalars(select(Influencer)):
            person.next_scan_at = LATER


def ids_of(transaction: TransactionFactory) -> set[UUID]:
    return {part.influencer_id for part in stored(transaction, CampaignInfluencer)}


def test_every_requirement_is_stored(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana")
    asked = {
        "any_hashtags": ["바다", "산"],
        "required_mentions": ["@Lumi"],
        "mention_places": ["caption", "usertag"],
        "required_phrases": ["제품을 제공받아"],
        "forbidden_words": ["내돈내산"],
        "time_zone": "America/New_York",
    }

    run(transaction, document(**asked))
    again = run(transaction, document(**asked))

    (campaign,) = stored(transaction, Campaign)
    assert again.unchanged == 1
    assert {name: getattr(campaign, name) for name in asked} == asked | {"required_mentions": ["lumi"]}


def test_what_is_doubtful_is_saved_and_told(transaction: TransactionFactory) -> None:
    saved_people(transaction, "ana")

    report = run(transaction, document(required_hashtags=[]))

    assert report.is_saved
    ((note),) = report.notes
    assert note.startswith("campaign '여름 캠페인': required_hashtags: no hashtag, mention or phrase is required")
