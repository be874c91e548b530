"""What can be wrong with what billing is given; each says the value and what would be right.

Failures of a delivery are no errors but values; see ``billing_bridge.adapter``.
"""


class BillingError(ValueError):
    """Unusable input to billing; nothing was charged or sent, so correct it and try again."""


class ZoneUnknown(BillingError):
    """The account's time zone is no IANA zone; correct the account."""


class PeriodImpossible(BillingError):
    """A billing period or a cut in it is out of order; correct the dates."""


class PriceImpossible(BillingError):
    """A price that cannot be charged; correct the product."""


class CurrencyUnknown(BillingError):
    """No currency that ISO 4217 lists at present; correct the account or the product."""


class CursorUnreadable(BillingError):
    """The feed cursor was not made by this feed; start without one or use the last one given."""


class OperatorSlugUnusable(BillingError):
    """The operator's slug cannot stand in an event source; correct the setting."""


class UrlImpossible(BillingError):
    """No webhook can ever go to this URL; the message never holds a password."""


class SecretUnusable(BillingError):
    """The webhook secret is not base64 of enough bytes; the message never holds the secret."""
