"""Serve the simulated SMS providers until told to stop."""

import signal
import sys

from simulators.sms.server import Server


def main() -> None:
    """`python -m simulators.sms PORT`."""
    server = Server(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"prestataires SMS simulés : {server.url}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
