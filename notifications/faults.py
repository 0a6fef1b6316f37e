"""What went wrong while sending, told without a word of the server's answer (it may hold the address)."""

import smtplib
from dataclasses import dataclass

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailInvalidAddress, AnymailRecipientsRefused

# Every way in which a mail backend says that a message did not leave. `OSError` covers smtplib's own,
# refused connections and timeouts.
SENDING_ERRORS = (OSError, AnymailError)
_CLOSING = 421  # "service not available, closing": said of the server, at any step


@dataclass(frozen=True, slots=True)
class Fault:
    """A code for `last_error`, and what it means for this message and for the next ones."""

    code: str
    final: bool = False  # this message will never be accepted
    outage: bool = False  # the others would fail too


def fault_of(error: Exception) -> Fault:
    """Sort a sending error: refused for good, refused for now, or nobody there."""
    if isinstance(error, AnymailInvalidAddress | AnymailRecipientsRefused):
        return Fault("recipient_refused", final=True)
    if isinstance(error, AnymailError):
        return _provider_fault(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        status = max(code for code, _ in error.recipients.values())
        return Fault(f"recipient_refused {status}", final=status >= 500, outage=status == _CLOSING)
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return Fault(f"server_refused {error.smtp_code}", outage=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return Fault(f"message_refused {error.smtp_code}", outage=error.smtp_code == _CLOSING)
    return Fault("unreachable", outage=True)


def _provider_fault(error: AnymailError) -> Fault:
    """A provider's HTTP answer: 429 and 5xx concern every message, and so do 401 and 403 (its key)."""
    status = error.status_code
    if isinstance(error, AnymailAPIError) and status is None:
        return Fault("unreachable", outage=True)
    if status in (401, 403, 429) or (status or 0) >= 500:
        return Fault(f"server_refused {status}", outage=True)
    return Fault(f"message_refused {status or ''}".strip())
