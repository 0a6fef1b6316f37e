"""What may keep a sentence from being rendered."""


class NoVoice(OSError):
    """The voice is missing, or did not render a sentence."""


class WrongWeights(NoVoice):
    """What the natural voice runs on is missing, or is not what we know: nothing is rendered by it."""
