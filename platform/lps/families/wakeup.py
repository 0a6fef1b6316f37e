"""The families' tasks by name: services never import them."""

ANSWER = "families.answer_recoveries"
PURGE = "families.purge"
IMPORT = "families.import"
LETTERS = "families.letters"
