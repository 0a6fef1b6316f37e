"""Serve the simulated Treasury until told to stop."""

import os
import signal
import sys
import time

from simulators.payfip.clock import shift
from simulators.payfip.server import Server
from simulators.payfip.state import Switches, Treasury


def main() -> None:
    """`python -m simulators.payfip PORT`: on the portal's clock, its nights forgetting as the Treasury's do."""
    moved = shift(os.environ, now=time.time())
    treasury = Treasury(base=moved, offset=moved, switches=Switches(nightly=True))
    server = Server(int(sys.argv[1]) if len(sys.argv) > 1 else 0, treasury)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"PayFiP simulé : {server.url}/controle", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
