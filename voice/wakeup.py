"""The names of the tasks, for whoever asks for them without importing them."""

PURGE = "voice.purge"
