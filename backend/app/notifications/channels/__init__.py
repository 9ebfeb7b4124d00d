"""How messages reach people, and which ways the settings allow."""

from collections.abc import Mapping

from app.core.config import Settings
from app.notifications.channels.base import EMAIL, Channel
from app.notifications.channels.email import EmailChannel, SmtpServer


def configured_channels(settings: Settings) -> Mapping[str, Channel]:
    """Return the channels by name; e-mail is missing without an SMTP server.

    Raises:
        ConfigurationError: a setting of a channel cannot be used.
    """
    if settings.smtp_url is None:
        return {}
    server = SmtpServer.from_url(settings.smtp_url.get_secret_value())
    return {EMAIL: EmailChannel(server, settings.email_from)}
