"""`tagbuy match`: posts against campaigns of a file, without a server."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from app.campaigns.campaign_index import CampaignIndex
from app.campaigns.explanations import as_documents, request_message
from app.campaigns.matching import match_post
from app.campaigns.near_misses import find_near_misses
from app.campaigns.post_documents import read_post_document
from app.cli.campaign_file import CampaignOfFile, read_requirements
from app.cli.json_lines import answer_lines
from app.core.errors import InvalidInput

app = typer.Typer()


@app.command()
def match_posts(
    campaign: Annotated[Path, typer.Option("--campaign", metavar="FILE", help="JSON: a campaign, or a list of them.")],
) -> None:
    """Print the verdict for each post on standard input, one JSON object a line; exit 1 if a line was bad.

    With one campaign: {"is_match", "score", "details", "rules", "needs_review", "near_misses", "message"}. With a list
    of campaigns: {"matches"}, the verdicts of those that the post matches, with their titles.
    """
    try:
        campaigns = read_requirements(campaign)
    except InvalidInput as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    answer_lines(_verdict_of(campaigns[0]) if len(campaigns) == 1 else _matches_among(campaigns))


def _verdict_of(campaign: CampaignOfFile) -> Callable[[Any], Mapping[str, object]]:
    def answer(record: Any) -> Mapping[str, object]:
        post = read_post_document(record)
        match = match_post(campaign.requirements, post)
        misses = find_near_misses(campaign.requirements, post, match)
        message = request_message(misses, campaign=campaign.title or "TagBuy", username=None, url=None)
        return match.as_document() | as_documents(match, misses) | {"message": message}

    return answer


def _matches_among(campaigns: Sequence[CampaignOfFile]) -> Callable[[Any], Mapping[str, object]]:
    index = CampaignIndex({number: campaign.requirements for number, campaign in enumerate(campaigns)})

    def answer(record: Any) -> Mapping[str, object]:
        post = read_post_document(record)
        found = [campaigns[number] for number in index.matching(post)]
        matches = [(campaign, match_post(campaign.requirements, post)) for campaign in found]
        return {"matches": [{"title": campaign.title} | match.as_document() for campaign, match in matches]}

    return answer
