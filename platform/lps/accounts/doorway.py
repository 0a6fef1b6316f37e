"""In and out of a door: the session that a request carries begins and ends here."""

from django.middleware.csrf import rotate_token

from lps.accounts.requests import DoorRequest


def enter(request: DoorRequest, *, holder: str, generation: int = 0, device: str = "") -> None:
    """Sign a holder in at this request's door: a new key, and a new CSRF secret. `device` is what its owner reads."""
    request.session.begin(holder=holder, generation=generation, device=device)
    rotate_token(request)


def leave(request: DoorRequest) -> None:
    """Sign out: the session's row is deleted and its cookie goes with the answer."""
    request.session.flush()
    rotate_token(request)
