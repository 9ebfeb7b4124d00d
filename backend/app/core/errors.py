"""The errors of the application, as one tree.

TagBuyError
├── ConfigurationError       a setting or a file is missing or wrong: a person must act
├── InvalidInput             a row, a file or an argument: says where, what, and what is expected
├── NotFound                 the thing that an id or a name points to does not exist
├── CannotDecrypt            a stored secret was changed, or belongs to another row
│   └── UnknownKey           it was sealed with a key that is not known here
├── ClockRefused             this machine's clock and PostgreSQL's differ: nothing that needs the time can be done
├── PermitRefused            the right to send was used up or is too old: nothing was sent (`app.instagram.errors`)
└── InstagramError           a request to Instagram failed (`app.instagram.errors`), by kind:
    ├── AccountCooling       the account must rest
    ├── AccountNeedsHuman    the account must be looked after by a person
    ├── TransientFailure     nobody's fault: try again later
    ├── SoftwareOutdated     our client is too old: the whole provider stops
    └── TargetUnavailable    the post or the profile is not there for us

"""


class TagBuyError(Exception):
    """Base of every error that this application raises on purpose."""


class ConfigurationError(TagBuyError):
    """A setting or a file is missing or wrong; the message says which and what to do."""


class InvalidInput(TagBuyError):
    """Something a person gave us cannot be used; the message says where, what, and what is expected."""


class NotFound(TagBuyError):
    """What an id or a name points to does not exist."""


class CannotDecrypt(TagBuyError):
    """A stored secret cannot be opened: it was changed, or belongs to another row."""


class UnknownKey(CannotDecrypt):
    """A stored secret was sealed with a key that is not known here."""


class ClockRefused(TagBuyError):
    """This machine's clock and PostgreSQL's differ by too much; the message says by how much and what to do."""
