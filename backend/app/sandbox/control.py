"""The control API: what the people and the tests that drive the sandbox ask of it. Loopback only, JSON."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.core.errors import InvalidInput, NotFound, TagBuyError
from app.sandbox import orders, page, request_log, truth
from app.sandbox.addresses import Addresses
from app.sandbox.faults import Faults
from app.sandbox.inbox import KEPT, Inbox
from app.sandbox.local_only import LocalOnly
from app.sandbox.people import GraphReader, Reader
from app.sandbox.police import Police
from app.sandbox.replay import Replay
from app.sandbox.request_log import RequestLog
from app.sandbox.simulation import Simulation
from app.sandbox.tunnels import Tunnels

MESSAGES_SHOWN = 30
POSTS_SHOWN = 12
REQUESTS_SHOWN = 12
PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
Endpoint = Callable[["Control", Request], Awaitable[Response]]


def _route(endpoint: Endpoint) -> Endpoint:
    """Turn the errors that people make into answers."""

    @wraps(endpoint)
    async def guarded(control: "Control", request: Request) -> Response:
        try:
            return await endpoint(control, request)
        except NotFound as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        except TagBuyError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return guarded


@dataclass(frozen=True, slots=True)
class Control:
    """The routes, over everything that they touch."""

    simulation: Simulation
    police: Police
    faults: Faults
    log: RequestLog
    inbox: Inbox
    tunnels: Tunnels
    replay: Replay
    addresses: Addresses

    def application(self) -> ASGIApp:
        """Return the ASGI application; it answers only requests that name this machine."""
        routes = [
            Route("/", self.show_page),
            Route("/health", self.health),
            Route("/cast", self.cast),
            Route("/truth", self.tell_truth),
            Route("/violations", self.violations),
            Route("/requests", self.requests),
            Route("/stats", self.stats),
            Route("/faults", self.list_faults),
            Route("/faults", self.add_fault, methods=["POST"]),
            Route("/faults", self.clear_faults, methods=["DELETE"]),
            Route("/faults/clear", self.clear_faults, methods=["POST"]),
            Route("/posts", self.publish, methods=["POST"]),
            Route("/posts/{media_pk:int}/{action}", self.change_post, methods=["POST"]),
            Route("/users/{username}/{action}", self.change_user, methods=["POST"]),
            Route("/accounts/{username}/{action}", self.change_account, methods=["POST"]),
            Route("/clock", self.set_clock, methods=["POST"]),
            Route("/inbox", self.list_messages),
            Route("/inbox", self.clear_inbox, methods=["DELETE"]),
            Route("/inbox/{number:int}", self.show_message),
        ]
        return LocalOnly(Starlette(routes=routes))

    async def show_page(self, request: Request) -> Response:
        """GET /: the page for people; `?lang=en` in English."""
        language = "en" if request.query_params.get("lang") == "en" else "ko"
        return HTMLResponse(page.render(self._page_state(language)), headers=PAGE_HEADERS)

    async def health(self, _request: Request) -> Response:
        """GET /health: the sandbox serves; with seed, speed and the recordings that could not be read."""
        plan = self.simulation.plan
        return JSONResponse(
            {
                "status": "ok",
                "seed": plan.seed,
                "started_at": truth.iso(plan.started_at),
                "speed": self.simulation.world.clock.speed,
                "replay_ignored": self.replay.ignored,
            }
        )

    async def cast(self, _request: Request) -> Response:
        """GET /cast: influencers, campaigns in the import format, accounts and tokens with settings and proxy."""
        cast = self.simulation.world.cast
        influencers = [
            {
                "username": influencer.username,
                "platform_uid": str(influencer.person.pk),
                "full_name": influencer.person.full_name,
                "is_business": influencer.person.is_business,
                "follower_count": influencer.person.follower_count,
            }
            for influencer in cast.influencers
        ]
        return JSONResponse(
            {
                "influencers": influencers,
                "campaigns": [campaign.as_document() for campaign in cast.campaigns],
                "accounts": [
                    {
                        **self._stored(reader),
                        "password": reader.password,
                        "second_factor": reader.second_factor,
                        "totp_seed": reader.totp_seed,
                    }
                    for reader in cast.readers
                ],
                "graph_tokens": [self._stored(reader) for reader in cast.graph_readers if reader.brand is None],
                "brand_tokens": [self._stored(reader) for reader in cast.graph_readers if reader.brand is not None],
                "replayed": self.replay.users(),
            }
        )

    async def tell_truth(self, _request: Request) -> Response:
        """GET /truth: every post of the influencers, oldest first, with the campaigns that it satisfies now."""
        return JSONResponse({"posts": truth.all_posts(self.simulation.present())})

    async def violations(self, _request: Request) -> Response:
        """GET /violations: broken limits by kind and account, and how near the readers came to the limits."""
        return JSONResponse(self.police.report())

    @_route
    async def requests(self, request: Request) -> Response:
        """GET /requests?since=SEQ: requests to Instagram after that number, oldest first, and the last number."""
        since = request.query_params.get("since", "0")
        if not since.isdigit():
            raise InvalidInput(f"since is {since!r}; expected the `seq` of a request")
        found = self.log.since(int(since))
        last = found[-1].seq if found else int(since)
        return JSONResponse({"requests": [request_log.as_json(line) for line in found], "last": last})

    async def stats(self, _request: Request) -> Response:
        """GET /stats: counts of posts, requests, messages, tunnels and violations."""
        world = self.simulation.present()
        return JSONResponse(
            {
                "posts": len(world.posts),
                "posts_since_start": self._posts_since_start(),
                "requests": self.log.total,
                "requests_by_status": dict(self.log.statuses),
                "messages": len(self.inbox),
                "violations": self.police.report()["total"],
                "tunnels": {"opened": self.tunnels.opened, "refused": self.tunnels.refused},
                "speed": world.clock.speed,
            }
        )

    async def list_faults(self, _request: Request) -> Response:
        """GET /faults: the present rules and how often each was used."""
        return JSONResponse({"faults": self.faults.as_json()})

    @_route
    async def add_fault(self, request: Request) -> Response:
        """POST /faults: let requests fail; the fields are those of `Faults.add`."""
        rule = self.faults.add(await _body(request), now=self.simulation.now())
        if rule.kind == "proxy_refuse":
            self.tunnels.drop(rule.account)
        return _done(request, asdict(rule))

    @_route
    async def clear_faults(self, request: Request) -> Response:
        """DELETE /faults (or POST /faults/clear): no more faults."""
        self.faults.clear()
        return _done(request, {"faults": []})

    @_route
    async def publish(self, request: Request) -> Response:
        """POST /posts: publish now; the fields are those of `orders.publish_arguments`. Returns the truth record."""
        arguments = orders.publish_arguments(self.simulation.present(), await _body(request))
        return self._performed(request, "publish", arguments)

    @_route
    async def change_post(self, request: Request) -> Response:
        """POST /posts/{media_pk}/edit|remove|archive|restore. Returns the truth record."""
        action, media_pk = request.path_params["action"], request.path_params["media_pk"]
        if action not in {"edit", "remove", "archive", "restore"}:
            raise NotFound(f"A post cannot be {action!r}; expected edit, remove, archive or restore")
        world = self.simulation.present()
        post = world.post(media_pk)
        body = await _body(request)
        arguments = orders.edit_arguments(world, post, body) if action == "edit" else {"media_pk": str(media_pk)}
        return self._performed(request, action, arguments)

    @_route
    async def change_user(self, request: Request) -> Response:
        """POST /users/{username}/private|public."""
        action, username = request.path_params["action"], request.path_params["username"]
        if action not in {"private", "public"}:
            raise NotFound(f"A user cannot be made {action!r}; expected private or public")
        return self._performed(request, action, {"username": username})

    @_route
    async def change_account(self, request: Request) -> Response:
        """POST /accounts/{username}/logout|login: end or renew the session of a reader account, or a token."""
        action, username = request.path_params["action"], request.path_params["username"]
        if action not in {"logout", "login"}:
            raise NotFound(f"An account cannot {action!r}; expected logout or login")
        if username not in self.simulation.world.cast.reader_names:
            raise NotFound(f"No reader account is called {username!r}; GET /cast lists them")
        return self._performed(request, action, {"account": username})

    @_route
    async def set_clock(self, request: Request) -> Response:
        """POST /clock {"speed"}: let things happen faster or slower from now on; 0 stands still."""
        return self._performed(request, "speed", orders.speed_arguments(await _body(request)))

    @_route
    async def list_messages(self, request: Request) -> Response:
        """GET /inbox?limit=N: the messages that arrived, newest first."""
        limit = request.query_params.get("limit", str(KEPT))
        if not limit.isdigit() or limit == "0":
            raise InvalidInput(f"limit is {limit!r}; expected a positive number")
        return JSONResponse({"messages": [asdict(message) for message in self.inbox.messages(limit=int(limit))]})

    @_route
    async def show_message(self, request: Request) -> Response:
        """GET /inbox/{id}: one message."""
        return JSONResponse(asdict(self.inbox.message(request.path_params["number"])))

    async def clear_inbox(self, _request: Request) -> Response:
        """DELETE /inbox: forget every message."""
        self.inbox.clear()
        return JSONResponse({"messages": []})

    def _stored(self, reader: Reader | GraphReader) -> Mapping[str, Any]:
        """Return a login or token as it is stored in the pool."""
        proxy = self.addresses.proxy_url(reader.username)
        return {"username": reader.username, "settings": reader.settings, "proxy": proxy}

    def _page_state(self, language: str) -> page.PageState:
        world = self.simulation.present()
        posts = list(world.posts.values())
        shown = sorted(posts, key=lambda post: post.published_at, reverse=True)[:POSTS_SHOWN]
        return page.PageState(
            language=language,
            violations=self.police.report()["total"],
            request_count=self.log.total,
            posts_since_start=self._posts_since_start(),
            post_count=len(posts),
            message_count=len(self.inbox),
            speed=world.clock.speed,
            messages=self.inbox.messages(limit=MESSAGES_SHOWN),
            posts=[truth.post_record(world, post) for post in shown],
            requests=self.log.recent()[: -REQUESTS_SHOWN - 1 : -1],
            faults=self.faults.rules(),
            campaigns=world.cast.campaigns,
            accounts=world.cast.reader_names,
        )

    def _posts_since_start(self) -> int:
        started_at = self.simulation.plan.started_at
        return sum(post.published_at > started_at for post in self.simulation.world.posts.values())

    def _performed(self, request: Request, action: str, arguments: Mapping[str, Any]) -> Response:
        post = self.simulation.perform(action, arguments)
        record = {"action": action, **arguments} if post is None else truth.post_record(self.simulation.world, post)
        return _done(request, record)


async def _body(request: Request) -> MutableMapping[str, Any]:
    """Read JSON, or the fields of a form that are not empty."""
    raw = await request.body()
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(raw.decode()))
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise InvalidInput("The body is not JSON") from None
    if not isinstance(body, dict):
        raise InvalidInput("The body must be a JSON object")
    return body


def _done(request: Request, record: Mapping[str, Any]) -> Response:
    """Answer a program with the record, and a form with the page it came from."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        language = "?lang=en" if "lang=en" in request.headers.get("referer", "") else "?lang=ko"
        return RedirectResponse(f"/{language}", status_code=303)
    return JSONResponse(record)
