"""A hundred calls at once, each booking a day, against the same dialogues run in one process without a telephone.

On the wire: how long from the end of a key to the next sentence, against a call that Asterisk's dialplan answers alone.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from statistics import median, quantiles

from django.db import connection

from bench import cpu
from bench.callers import Wish, booked_once, wishes
from bench.exchange import exchange
from bench.figures import Figure
from bench.keys import in_turn
from bench.sipp import PORTS, SOUND, Caller, Load, is_there, run
from bench.wire import Heard, listening, stamped
from deploy.processes import Impossible, free_port, port_is_taken, start, stop, wait_until
from deploy.voice import root
from deploy.voice.configuration import PROMPTS
from lps.kernel import clock
from tenants import context
from tenants.lines import set_lines
from tenants.queries import commune_by_slug, commune_of_number
from voice import queries
from voice.dialogue.collect import Collector
from voice.dialogue.facts import Action, Ask, HangUp, Phrase, phrase
from voice.gateway.prompts import key, pronounced
from voice.models import Call
from voice.phrases import sentence
from voice.services import conversation

CALLS, CONTROLS, WARMING, COLD = 100, 20, 16, 5
RATE = 10.0  # new calls a second: all of them stand before the first has ended
PAUSE = 6.0  # between two words of a caller, in seconds: what follows a booking is heard to its end
AT_MOST = 1.3
AIM_WITH, AIM_WITHOUT = 150, 20  # milliseconds added
LINE, CALLED, CONTROL = "+33476549340", "0476549340", "0199000000"
LETTER = 0.065  # seconds that a letter takes to say
SECONDS = 300.0  # of a run of calls, at most
RECEIPTS = 400  # more than are drawn before the last call ends
# Which words of a caller are answered out of the database: see `Wish.words`.
WITH, WITHOUT = (0, 2, 4, 5), (1, 3)
CONTROLS_SOUND, WARMING_SOUND = SOUND + 500, SOUND + 600
_DIALPLAN = f"""exten => {CONTROL},1,Answer(200)
 same => n,Goto(controle,s,1)
[controle]
exten => s,1,Background({PROMPTS}/controle)
 same => n,WaitExten(20)
exten => _X,1,Goto(s,1)
exten => 9,1,Background({PROMPTS}/controle)
 same => n,Hangup()
"""
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor seconds: of a process that answers, of PostgreSQL for it, of Asterisk."""

    process: float
    database: float
    asterisk: float = 0.0

    def less(self, other: "Spent") -> "Spent":
        """What is left of it."""
        return Spent(self.process - other.process, self.database - other.database, self.asterisk - other.asterisk)


def measure(directory: Path) -> Iterator[Figure]:
    """One run of calls; meanwhile their control, and as many dialogues without a telephone at the same pace.

    Nothing, which is said, where Asterisk cannot start or nobody can call.
    """
    obstacle = root.obstacle(root.chosen()) or ("" if is_there() else "sipp n'est pas installé")
    if obstacle:
        print(f"APPELS NON MESURÉS : {obstacle}")
        return
    commune = commune_by_slug(slug="buchelay")
    set_lines(commune=commune, numbers=[LINE])
    with context.use(commune):
        wanted = wishes(number=WARMING + CALLS + COLD + CALLS, at=clock.now())
        warming, called, alone = wanted[:WARMING], wanted[WARMING : WARMING + CALLS], wanted[WARMING + CALLS :]
        prompts = _prompts(directory / "prompts", [*warming, *called])
    connection.close()
    ours, floor, heard = _called(directory, prompts, warming, called, alone)
    with context.use(commune):
        standing, told = booked_once(called)
    lengths = [len(word) for word in called[0].words]
    yield _of_bookings(min(standing, told))
    yield _of_processors(ours, floor)
    yield from _of_delays(heard, lengths)


def _of_bookings(number: int) -> Figure:
    return Figure(
        name=f"{CALLS} calls at once: booked once / called",
        unit="calls",
        ours=number,
        floor=CALLS,
        at_least=1,
    )


def _of_processors(ours: Spent, floor: Spent) -> Figure:
    """A call's share of what the voice server and PostgreSQL took, against a dialogue's in one process."""
    note = (
        f"PostgreSQL {_each(ours.database):.1f} of it, {_each(floor.database):.1f} alone; "
        f"beside, Asterisk {_each(ours.asterisk):.1f}"
    )
    return Figure(
        name="processor time of a call / of its dialogue in a process",
        unit="ms",
        ours=_each(ours.process + ours.database),
        floor=_each(floor.process + floor.database),
        at_most=AT_MOST,
        note=note,
    )


def _each(seconds: float) -> float:
    return seconds * 1000 / CALLS


def _of_delays(heard: Heard, lengths: Sequence[int]) -> list[Figure]:
    """The 95th percentile, in the same run: steps that ask the database, steps that do not, the dialplan alone."""
    by_call = [_of_words(heard, _port(SOUND, rank), lengths) for rank in range(CALLS)]
    control = _late([one for rank in range(CONTROLS) for one in _of_words(heard, _port(CONTROLS_SOUND, rank), [1] * 6)])
    steps = {f"with the database (aim {AIM_WITH})": WITH, f"without it (aim {AIM_WITHOUT})": WITHOUT}
    figures = []
    for name, ranks in steps.items():
        found = [by_word[rank] for by_word in by_call for rank in ranks]
        note = f"{_late(found) - control:.1f} ms added, median {median(found) * 1000:.1f} ms, of {len(found)} keys"
        title = f"key to sentence {name} / dialplan alone"
        figures.append(Figure(name=title, unit="ms", ours=_late(found), floor=control, note=note))
    return figures


def _late(seconds: Sequence[float]) -> float:
    """Milliseconds that nineteen of twenty do not reach."""
    return quantiles(seconds, n=20)[-1] * 1000


def _of_words(heard: Heard, port: int, lengths: Sequence[int]) -> list[float]:
    """How long each word of a call waited for its answer, from the end of its last key: until the next key at most.

    Raises LookupError for a call of which a key was not heard.
    """
    delays = heard.delays(port)
    if len(delays) != sum(lengths):
        raise LookupError(f"{len(delays)} keys of a call were heard, not {sum(lengths)}")
    return [PAUSE if (delay := delays[last - 1]) is None else delay for last in accumulate(lengths)]


def _port(sound: int, rank: int) -> int:
    return sound + PORTS * rank


# The calls


def _called(
    directory: Path, prompts: Path, warming: Sequence[Wish], called: Sequence[Wish], alone: Sequence[Wish]
) -> tuple[Spent, Spent, Heard]:
    """Make the calls, their control and the dialogues without a telephone at once: what each spent, what was heard.

    Raises `Impossible` when a call fails.
    """
    with (
        _voice_server(prompts) as (agi, server),
        exchange(home=directory / "asterisk", prompts=prompts, agi=agi, extensions=_DIALPLAN) as line,
        _waiting(alone) as dialogues,
    ):
        _make(line.sip, (_load(directory / "warming", warming, first=0, pause=2.0, sound=WARMING_SOUND), CALLED))
        ours = _load(directory / "calls", called, first=WARMING, pause=PAUSE, sound=SOUND)
        controls = [Caller(f"07{rank:08}", in_turn("111119", pause=PAUSE)) for rank in range(CONTROLS)]
        control = Load(directory / "controls", controls, CONTROLS_SOUND)
        postgres = _postgres()
        before = _spent(server, postgres, line.pid)
        with listening() as heard:
            _say(dialogues, "go")
            _make(line.sip, (ours, CALLED), (control, CONTROL))
            floor = Spent(*json.loads(_words(dialogues)))
        all_of_it = _spent(server, postgres, line.pid).less(before)
        return all_of_it.less(Spent(0, floor.database)), floor, heard


def _load(folder: Path, wishes: Sequence[Wish], *, first: int, pause: float, sound: int) -> Load:
    callers = [Caller(f"06{first + rank:08}", in_turn(one.words, pause=pause)) for rank, one in enumerate(wishes)]
    return Load(folder, callers, sound)


def _make(sip: int, *loads: tuple[Load, str]) -> None:
    """Make these calls at the same time, each load spread over the same seconds."""
    seconds = max(len(load.callers) for load, _ in loads) / RATE
    commands = [load.command(called=called, sip=sip, rate=len(load.callers) / seconds) for load, called in loads]
    with ThreadPoolExecutor(len(commands)) as threads:
        list(threads.map(lambda command: run(command, seconds=SECONDS), commands))
    for load, _ in loads:
        done = load.outcome()
        if done.failed or done.ended != len(load.callers):
            raise Impossible(f"{done.failed} appels ont échoué, {done.ended} sont allés à leur fin : {done.errors}")


@contextmanager
def _voice_server(prompts: Path) -> Iterator[tuple[int, int]]:
    """The product's own, as `make run` starts it: its port and its process."""
    port = free_port()
    voice = {"ENGINE": "espeak", "PROMPTS": str(prompts), "PROMPTS_SEEN_AS": PROMPTS}
    variables = {**_variables(), **{f"LPS_VOICE_{name}": value for name, value in voice.items()}}
    command = [sys.executable, "manage.py", "serveur_vocal", "--port", str(port)]
    process = start(command, output=subprocess.DEVNULL, env=variables, cwd=ROOT)
    try:
        if not wait_until(lambda: port_is_taken(port), seconds=60.0, pause=0.2):
            raise RuntimeError("the voice server does not answer")
        yield port, process.pid
    finally:
        stop(process, grace=20.0)


def _variables() -> dict[str, str]:
    roots = os.pathsep.join([str(ROOT), str(ROOT / "platform")])
    return {**os.environ, "LPS_ENV": "development", "PYTHONPATH": roots}


def _spent(server: int, postgres: int, asterisk: int) -> Spent:
    return Spent(cpu.of_process(server), cpu.of_sessions(postgres), cpu.of_process(asterisk))


def _postgres() -> int:
    """PostgreSQL's first process; the connection that asked is closed."""
    found = cpu.parent(_backend())
    connection.close()
    return found


def _backend() -> int:
    """PostgreSQL's process for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        found: int = cursor.fetchone()[0]
    return found


# The same without a telephone


@contextmanager
def _waiting(wishes: Sequence[Wish]) -> Iterator[subprocess.Popen[str]]:
    """A process that has answered its first dialogues, and waits for a word to answer the others."""
    command = [sys.executable, "-c", "import django; django.setup(); from bench.calls import alone; alone()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=_variables(), cwd=ROOT) as process:
        try:
            _say(process, json.dumps([wish.words for wish in wishes]))
            _words(process)
            yield process
        finally:
            process.kill()


def alone() -> None:
    """In that process: answer these words, call after call, at the pace of the calls; then say what was spent.

    By one connection: the pool would open a second one while it waits for the first, and lend them in turn.
    """
    connection.settings_dict["OPTIONS"]["pool"]["max_size"] = 1
    callers = json.loads(sys.stdin.readline())
    pace = (CALLS / RATE + PAUSE * len(callers[0])) / CALLS / (len(callers[0]) + 1)
    for rank, words in enumerate(callers[:COLD]):
        _answered(words, number=f"0608{rank:06}", pace=0)
    backend = _backend()
    print("ready", flush=True)
    sys.stdin.readline()
    before = Spent(time.process_time(), cpu.of_process(backend))
    for rank, words in enumerate(callers[COLD:], COLD):
        _answered(words, number=f"0608{rank:06}", pace=pace)
    spent = Spent(time.process_time(), cpu.of_process(backend)).less(before)
    assert _backend() == backend, "the connection was not kept"
    print(json.dumps([spent.process, spent.database]), flush=True)


def _say(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdin
    process.stdin.write(words + "\n")
    process.stdin.flush()


def _words(process: subprocess.Popen[str]) -> str:
    """The next line of what it says, once it says it. Raises RuntimeError when it ends instead."""
    assert process.stdout
    if not (line := process.stdout.readline()):
        raise RuntimeError("the dialogues without a telephone ended")
    return line


def _answered(words: Sequence[str], *, number: str, pace: float) -> None:
    """A whole call, by the statements and services of the telephone's own door; `pace` seconds between two steps."""
    commune = commune_of_number(number=LINE)
    assert commune is not None
    with context.use(commune):
        queries.town_voice()
    door = Call.Door.TELEPHONE
    call, action = conversation.begin(commune=commune, door=door, caller=number, at=clock.now())
    for _ in _dialogue(call, action, words):
        time.sleep(pace)
    assert call.outcome is Call.Outcome.SAVED, call
    conversation.leave(call, at=clock.now())


def _dialogue(call: conversation.Conversation, action: Action, words: Iterable[str]) -> Iterator[Action]:
    """Type these words; what the caller is told, from the first sentence on."""
    yield action
    for word in words:
        assert isinstance(action, Ask), action
        collector = Collector(action)
        typed = [one for one in map(collector.key, word) if one]
        assert typed, (action, word)
        found = conversation.hear(call, typed[0], at=clock.now())
        assert found is not None
        action = found
        yield action


# What is said


def _prompts(folder: Path, wishes: Sequence[Wish]) -> Path:
    """All sentences of these calls, as a worker renders them ahead: as long as they are, and known by sight."""
    folder.mkdir()
    said = [phrase for wish in wishes for phrase in _told(wish)]
    last = max(int(str(one.facts["number"]).rpartition("-")[2]) for one in said if one.code == "receipt")
    year = clock.now().year
    said += [phrase("receipt", number=f"R-{year}-{last + rank:06}") for rank in range(1, RECEIPTS)]
    own = queries.pronunciations()
    for text in {pronounced(sentence(one), own) for one in said}:
        stamped(folder / f"{key(text)}.wav", seconds=LETTER * len(text))
    stamped(folder / "controle.wav", seconds=LETTER * 50)
    return folder


def _told(wish: Wish) -> Iterator[Phrase]:
    """What one caller is told, as an agent's trial tells it: nothing stays."""
    commune = context.current()
    call, action = conversation.begin(commune=commune, door=Call.Door.TRIAL, caller="", at=clock.now())
    for one in _dialogue(call, action, wish.words):
        assert isinstance(one, Ask | HangUp)
        yield from one.say
        yield from one.unheard if isinstance(one, Ask) else ()
