"""A repair of Celery 5.7.0's consumer."""

from celery.worker.consumer import Consumer as CeleryConsumer


class Consumer(CeleryConsumer):
    """A consumer that survives a restart of Redis while a message is unacknowledged.

    Celery 5.7.0 closes the connection it has just lost; the close, and later the acknowledgement, then fail with
    "'NoneType' object has no attribute 'hostname'", and the worker exits (measured: always, with `acks_late`).
    Leaving the dead connection to the garbage collector costs one socket object for each reconnection.
    """

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Reconnect without closing what is lost already."""
        if self.connection is not None:
            self.connection.close = lambda: None  # type: ignore[method-assign]  # for this object only
        super().on_connection_error_after_connected(exc)
