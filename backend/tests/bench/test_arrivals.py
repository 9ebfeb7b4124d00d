import socket

from app.bench.arrivals import Sender, recording


def test_what_was_sent_has_arrived_when_send_returns() -> None:
    with recording() as received:
        first, second = Sender(received.address), Sender(received.address)

        first.send("ana", "1")
        second.send("ben")
        first.send("ana", "2")

        assert [(arrival.account, arrival.note) for arrival in received.arrivals] == [
            ("ana", "1"),
            ("ben", ""),
            ("ana", "2"),
        ]
        moments = received.by_account()["ana"]
        assert moments == sorted(moments)
        assert received.by_account(until_ns=moments[0]) == {"ana": [moments[0]]}


def test_a_sender_that_dies_after_it_has_sent_is_noted() -> None:
    with recording() as received:
        with socket.create_connection(received.address) as dying:
            dying.sendall(b"ana \n")
            dying.shutdown(socket.SHUT_WR)
            assert dying.recv(1) == b"\n"

        assert [arrival.account for arrival in received.arrivals] == ["ana"]
