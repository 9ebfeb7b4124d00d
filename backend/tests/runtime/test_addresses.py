import socket
from pathlib import Path

from app.runtime.addresses import Addresses
from app.runtime.plan import Plan
from app.runtime.ports import free_port


def make_plan(**changes: object) -> Plan:
    values: dict[str, object] = {
        "state_dir": Path("/nowhere"),
        "with_demo": False,
        "servers_only": False,
        "has_own_postgres": True,
        "has_own_valkey": True,
        "pg_bin": None,
        "api_host": "127.0.0.1",
        "api_port": free_port(),
        "flower_port": free_port(),
        "sandbox_port": free_port(),
    }
    return Plan(**{**values, **changes})  # type: ignore[arg-type]  # the keys are the fields


def test_a_free_port_is_taken_as_wished() -> None:
    plan = make_plan()
    alarms: list[str] = []

    assert Addresses(plan, alarms.append).settle("api") == plan.api_port
    assert alarms == []


def test_a_taken_port_is_replaced_and_named() -> None:
    plan = make_plan()
    alarms: list[str] = []
    addresses = Addresses(plan, alarms.append)
    with socket.create_server(("127.0.0.1", plan.api_port)):
        port = addresses.settle("api")

    assert port != plan.api_port
    assert addresses.url("api") == f"http://127.0.0.1:{port}"
    assert alarms == [f"Port {plan.api_port} is taken: api listens on {port} (TAGBUY_API_PORT sets it)"]


def test_two_roles_that_wish_the_same_port_get_different_ones() -> None:
    port = free_port()
    addresses = Addresses(make_plan(api_port=port, flower_port=port + 1), lambda _: None)
    with socket.create_server(("127.0.0.1", port)):
        assert addresses.settle("api") != addresses.settle("flower")


def test_an_api_on_every_address_is_shown_with_one_that_a_browser_can_open() -> None:
    plan = make_plan(api_host="0.0.0.0")

    assert Addresses(plan, lambda _: None).url("api") == f"http://127.0.0.1:{plan.api_port}"


def test_a_plan_survives_the_command_line() -> None:
    plan = make_plan(pg_bin=Path("/usr/lib/postgresql/bin"))

    assert Plan.from_json(plan.to_json()) == plan
