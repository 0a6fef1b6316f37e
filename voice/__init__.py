"""The voice server: a parent books by telephone, under the rules of every other door."""
