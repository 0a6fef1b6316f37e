"""The dialogue on the telephone as plain Python: `step(state, event) -> (state, actions)`.

It knows neither a telephone nor a database. A door (FastAGI, a webhook, a page, a test) turns keys into events, plays
what it is told to say, carries out what it is told to ask of the town, and feeds the answers back.
"""

from voice.dialogue.facts import State
from voice.dialogue.script import cut_short, start, step

__all__ = ["State", "cut_short", "start", "step"]
