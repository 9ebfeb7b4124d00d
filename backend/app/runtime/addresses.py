"""Where this run listens: the ports that the settings wish, or others where those are taken."""

from collections.abc import Callable
from dataclasses import dataclass

from app.runtime.plan import Plan
from app.runtime.ports import is_free, next_free_port

LOOPBACK = "127.0.0.1"
_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - only compared with


@dataclass(frozen=True, slots=True)
class _Wish:
    port: int
    host: str
    variable: str


class Addresses:
    """The port of each role that listens; settled anew at each start, because a port may be taken in between."""

    def __init__(self, plan: Plan, alarm: Callable[[str], None]) -> None:
        self._alarm = alarm
        self._wishes = {
            "api": _Wish(plan.api_port, plan.api_host, "TAGBUY_API_PORT"),
            "flower": _Wish(plan.flower_port, LOOPBACK, "TAGBUY_FLOWER_PORT"),
            "sandbox": _Wish(plan.sandbox_port, LOOPBACK, "TAGBUY_SANDBOX_PORT"),
        }
        self._ports = {role: wish.port for role, wish in self._wishes.items()}

    def settle(self, role: str) -> int:
        """Return a port that is free now: the present one, or the next one above, which is then announced."""
        wish, port = self._wishes[role], self._ports[role]
        if not is_free(port, wish.host):
            others = frozenset(number for name, number in self._ports.items() if name != role)
            self._ports[role] = next_free_port(port + 1, wish.host, taken=others)
            self._alarm(f"Port {port} is taken: {role} listens on {self._ports[role]} ({wish.variable} sets it)")
        return self._ports[role]

    def port(self, role: str) -> int:
        """Return the port of a role as it was settled last."""
        return self._ports[role]

    def url(self, role: str) -> str:
        """Return where a role answers a browser on this machine."""
        host = self._wishes[role].host
        host = LOOPBACK if host in _EVERY_ADDRESS else host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._ports[role]}"
