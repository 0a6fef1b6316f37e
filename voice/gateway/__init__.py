"""The telephone's side: sentences rendered as sound, Asterisk's FastAGI, the webhook of a provider."""
