"""`make voice`: Asterisk's root, once: five hundred megabytes in the user's cache."""

from __future__ import annotations

import sys

from deploy.processes import explained
from deploy.voice import mock_operator, root


def main() -> int:
    """0 when the root is there; 1 with a sentence when it cannot be made."""
    return explained(_make, place=root.chosen().parent)


def _make() -> int:
    where = root.chosen()
    print("Asterisk : préparation de sa racine (une minute, 500 Mo)…", flush=True)
    made = root.make(where)
    print(f"Asterisk est {made} : {where}.", flush=True)
    is_there = mock_operator.fetch(mock_operator.chosen())
    print(f"Kamailio, l'opérateur des essais, {'est là' if is_there else 'n’a pas pu être ajouté'}.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
