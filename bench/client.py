"""Ask for one page over and over, by a few connections kept alive: `python -m bench.client PORT PATH COOKIE SECONDS`.

Prints how many answers came. It stops by itself, and asks nobody but this machine.
"""

import http.client
import sys
import threading
import time

CONNECTIONS = 4


def main(port: int, path: str, cookie: str, seconds: float) -> None:
    """Run the threads and print the sum."""
    until, counts = time.monotonic() + seconds, [0] * CONNECTIONS
    threads = [
        threading.Thread(target=_ask, args=(rank, counts, port, path, cookie, until)) for rank in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(counts))


def _ask(rank: int, counts: list[int], port: int, path: str, cookie: str, until: float) -> None:
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Host": "demo.localhost", "Cookie": f"lps_famille={cookie}", "Accept-Encoding": "gzip"}
    while time.monotonic() < until:
        server.request("GET", path, headers=headers)
        answer = server.getresponse()
        body = answer.read()
        assert answer.status == 200 and len(body) > 2000, answer.status
        counts[rank] += 1


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4]))
