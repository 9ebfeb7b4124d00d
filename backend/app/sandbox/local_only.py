"""The guard of the control API: only programs and pages of this machine may use it."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class LocalOnly:
    """Refuses requests that a foreign web page could make a browser send: DNS rebinding and cross-site forms."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request whose `Host`, and `Origin` where there is one, name this machine."""
        if scope["type"] == "http":
            headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
            host = headers.get(b"host", headers.get(b":authority", ""))
            origin = headers.get(b"origin")
            if not _is_local(host) or (origin is not None and origin != f"http://{host}"):
                refusal = JSONResponse({"error": "The sandbox answers http://127.0.0.1 only"}, status_code=403)
                await refusal(scope, receive, send)
                return
        await self._application(scope, receive, send)


def _is_local(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name in {"127.0.0.1", "localhost", "[::1]"}
