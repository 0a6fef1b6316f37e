"""The names of the tasks, for whoever asks for them without importing them."""

PURGE = "voice.purge"
ASK = "voice.ask"  # for all that the town's calls may say
RENDER = "voice.render"  # by the natural voice, on a queue of its own
