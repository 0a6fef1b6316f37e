"""Figures that the pages tell are those of the code: terms, limits, patience."""

import re
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
import yaml

from tests.test_tree import ROOT

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
MONTH, YEAR = 30 * DAY, 365 * DAY
OF_MINUTE, OF_HOUR = 60, 3600  # of figures that the code counts in seconds
KILO, KIBI = 1000, 1024

# By page: a few words with {} in the place of the figure, the name of the figure in the code (or of the alert that
# wakes at it), and what it is counted in. Words are looked for on one line, without the signs of bold.
FIGURES: dict[str, list[tuple[Any, ...]]] = {
    "CHANGELOG.md": [
        ("Après {} essais manqués, un code attend", "lps.accounts.attempts.SECRET.free"),
        ("ce que devient une somme de moins de {} €", "billing.rules.money.TITRE_MINIMUM"),
        ("les fichiers gardés {} jours", "billing.services.retention.BUNDLES_KEPT", DAY),
        ("ou {} jours sans preuve", "billing.rules.reconciliation.DAYS_APART", DAY),
        ("pris en compte en {} secondes", "voice.gateway.keeper.BEAT_SECONDS"),
        ("nom retapé, {} jours pendant lesquels", "lps.console.erasing.DELAY", DAY),
        ("qui a déjà {} appels en cours", "voice.services.conversation.CALLS_AT_ONCE"),
    ],
    "docs/adr/0010-outbox.md": [
        ("taken back after {} minutes", "notifications.models.outbox.LEASE", MINUTE),
        ("then an hour, {} times in all", "notifications.backoff.MAX_ATTEMPTS"),
        ("erased after {} days", "notifications.services.SENT_KEPT", DAY),
    ],
    "docs/adr/0011-one-clock-one-tick.md": [("first tick of the following {} hours", "lps.config.tick.LATE", HOUR)],
    "docs/adr/0015-api-french-names-kept-answers.md": [
        ("given back for {} days", "lps.accounts.api.idempotency.KEPT", DAY)
    ],
    "docs/adr/0016-catalogue-kept-under-a-stamp.md": [
        ("that stamp, {} at most in a process", "booking.catalogue._KEPT")
    ],
    "docs/adr/0018-rules-accepted-before-a-save.md": [
        ("first came, for half an hour", "lps.families.house_rules.READING", 30 * MINUTE)
    ],
    "docs/adr/0020-fleet-by-noted-statements.md": [
        ("one statement for {} of them", "tenants.fleet.versions.AT_ONCE"),
        ("with {} seconds for each lock", "tenants.fleet.plans.LOCK_MS", KILO),
    ],
    "docs/adr/0021-turns.md": [
        ("({} messages), or for", "notifications.delivery.TURN"),
        ("or for {} seconds of a slow server", "notifications.delivery.TURN_SECONDS"),
        ("has {} places in the queue", "tenants.tasks.WAITING_AT_MOST"),
        ("free again after {} minutes", "tenants.tasks.WAITING_SECONDS", OF_MINUTE),
    ],
    "docs/adr/0022-voice-rendered-ahead.md": [("of {} pieces keep a large town", "voice.services.pieces.BATCH")],
    "ARCHITECTURE.md": [
        ("claims at most {} messages", "notifications.delivery.BATCH"),
        ("dead after {} attempts", "notifications.backoff.MAX_ATTEMPTS"),
        ("our own id, for {} days", "notifications.sms_delivery.QUESTIONS_END", DAY),
        ("costs {} statements at most", "tests.booking.test_statements.PAGE"),
        ("the same statements, {} at most", "tests.booking.test_statements.SAVE"),
        ("(30), {} hours at most", "lps.accounts.doors.LONGEST", HOUR),
        ("an hour without a visit, {} hours at most", "lps.accounts.doors.LONGEST", HOUR),
        ("an hour without a visit", "lps.accounts.doors.OFFICE_IDLE", HOUR),
        ("forgotten by all processes within a second", "tenants.queries.LOOK_EVERY"),
        ("hosts for a minute", "tenants.queries.HOST_TTL", OF_MINUTE),
    ],
    "docs/api.md": [
        ("`taille` va de 1 à {} (", "lps.accounts.api.pagination.LARGEST_SIZE"),
        ("({}). L'ordre ne change pas", "lps.accounts.api.pagination.USUAL_SIZE"),
        ("gardées {} jours", "lps.accounts.api.idempotency.KEPT", DAY),
        ("`413` ({} Kio)", "lps.accounts.api.parsers.LARGEST_BODY", KIBI),
        ("`429` : {} appels par minute et par jeton", "django.conf.settings.LPS_API_CALLS_PER_MINUTE"),
        ("{} jetons inconnus par minute", "lps.accounts.api.throttling.BAD_TOKENS"),
        ("{} changements au plus, d'un enfant", "booking.api.changes.MOST_CHANGES"),
    ],
    "docs/limits.md": [("{} lignes au plus", "booking.views.agents.lists.MOST_LINES")],
    "docs/metrics.md": [("at most once in {} seconds", "lps.config.fleet_metrics.EVERY_SECONDS")],
    "docs/operations.md": [
        ("those that stand end, {} minutes at most", "voice.gateway.server.LEAVING_SECONDS", OF_MINUTE),
        ("the broker and the files, {} seconds at most", "lps.config.health.SECONDS"),
        ("or more than {} minutes old", "lps.kernel.middleware._MAX_QUEUE", MINUTE),
        ("{} characters at least", "lps.config.refusals._SHORTEST_SECRET"),
        ("`sign-in: {} failures counted by commune`", "lps.accounts.attempts.COMMUNE.alarm"),
        ("stays taken for {} minutes", "tenants.tasks.WAITING_SECONDS", OF_MINUTE),
        ("messages of more than {} days erased", "notifications.services.SENT_KEPT", DAY),
        ("consents withdrawn {} years ago", "notifications.services.PROOF_KEPT", YEAR),
        ("kept answers of the API after {} days", "lps.accounts.api.idempotency.KEPT", DAY),
        ("answered requests for codes after {} days", "lps.families.services.links.KEPT", DAY),
        ("ended health notes after {} months", "lps.families.services.retention.HEALTH_KEPT", MONTH),
        ("names of families gone for {} years", "lps.families.services.erasing.KEPT_AFTER_LEAVING", YEAR),
        ("accounting pieces of more than {} whole years", "billing.services.retention.KEPT_YEARS"),
        ("letters of reminders of more than a year", "billing.services.retention.LETTERS_KEPT", YEAR),
        ("nothing asked for in {} days", "voice.services.pieces.KEPT", DAY),
        ("audit of more than a year", "lps.journal.retention.KEPT", YEAR),
    ],
    "docs/performance.md": [
        ("planning page, compressed | at most {} kB |", "tests.booking.test_statements.BYTES", KILO),
        ("parsing it and COPY of the same rows | at most {} |", "bench.importing.AT_MOST"),
        ("into the same tables | at most {} |", "bench.billing.AT_MOST"),
        ("(660,000 bookings), against one of 1,000 | at most {} |", "bench.billing.MEMORY_AT_MOST"),
        ("on the same HTML | at most {} |", "bench.papers.AT_MOST"),
        ("invoices a second | at least {} |", "bench.papers.AT_LEAST"),
        ("SELECT of the same rows | at most {} |", "bench.sending.AT_MOST"),
        ("to files), against one of 1,000 | at most {} |", "bench.sending.MEMORY_AT_MOST"),
        ("its dialogue in one process | at most {} |", "bench.calls.AT_MOST"),
        ("nothing to do, against `migrate_schemas` | at most {} |", "bench.fleet.NOTHING_TO_DO"),
        ("an index, against `migrate_schemas` | at most {} |", "bench.fleet.ONE_CHANGE"),
    ],
    "docs/rules/console.md": [
        ("serves once, for {} minutes", "lps.console.visits.LINK_LIFE", MINUTE),
        ("a maintenance ({} days at most)", "lps.console.forms.notices.LONGEST_MAINTENANCE", DAY),
    ],
    "docs/rules/erasure.md": [("Nothing happens for {} days", "lps.console.erasing.DELAY", DAY)],
    "docs/rules/export.md": [("are kept {} days among", "lps.console.exporting.KEPT", DAY)],
    "docs/rules/fleet.md": [("waits {} seconds for a table", "tenants.fleet.plans.LOCK_MS", KILO)],
    "docs/rules/online.md": [
        ("bars for {} seconds", "billing.rules.online.OPENING_FOR", SECOND),
        ("every attempt {} minutes apart", "billing.rules.settlement.ASK_EVERY", MINUTE),
        ("minutes apart, {} at most", "billing.services.asking.BATCH"),
        ("P5, less than {} minutes old", "billing.rules.settlement.UNKNOWN_FOR", MINUTE),
        ("A, less than {} minutes ago", "billing.rules.settlement.ABANDONED_FOR", MINUTE),
        ("again half an hour later", "billing.rules.settlement.AFTER_A_FAULT", 30 * MINUTE),
        ("asked beyond a year", "billing.rules.settlement.LONGEST_ASKED", YEAR),
        ("{} different ones are kept", "billing.services.announcing.MOST_HEARD"),
        ("with one press, {} at a time", "billing.services.reconciliation.CONFIRMED_AT_ONCE"),
        ("{} days without proof", "billing.rules.reconciliation.DAYS_APART", DAY),
        ("a Treasury silent for {} hours", "billing.incidents.SILENT_AFTER", HOUR),
    ],
    "docs/rules/opening.md": [("or for {} weeks when that is later", "booking.services.days.AHEAD", 7 * DAY)],
    "docs/rules/reminders.md": [
        ("It lasts {} hours, serves once", "lps.families.services.addresses.LIFE_HOURS"),
        ("A family has {} addresses at most", "lps.families.services.addresses.MOST"),
        ("{} lines at most, the receipt", "booking.services.confirming.MOST_LINES"),
        ("up to {} weeks ahead", "booking.services.reminding.WEEKS_AHEAD"),
        ("of the last {} weeks with school", "booking.services.reminding.WEEKS_COMPARED"),
        ("so do {} days", "booking.services.feed.LIFE", DAY),
        ("{} readings in a quarter of an hour", "booking.services.feed.POLICY.free"),
        ("readings in a quarter of an hour", "booking.services.feed.POLICY.window", 15 * OF_MINUTE),
    ],
    "docs/rules/retention.md": [
        ("absences | {} days after the answer", "booking.services.absences.DOCUMENT_KEPT", DAY),
        ("codes of a family | {} years after", "lps.families.services.erasing.KEPT_AFTER_LEAVING", YEAR),
        ("health notes | {} months after their end", "lps.families.services.retention.HEALTH_KEPT", MONTH),
        ("letters of codes | {} months", "lps.families.services.retention.FILES_KEPT", MONTH),
        ("requests for codes | a month", "lps.families.services.links.KEPT", MONTH),
        ("withdrawn consents | {} years", "notifications.services.PROOF_KEPT", YEAR),
        ("their documents | {} whole years", "billing.services.retention.KEPT_YEARS"),
        ("undoing them needs | {} months", "billing.services.retention.FILES_KEPT", MONTH),
        ("documents of quotients | a year", "billing.services.quotients.DOCUMENT_KEPT", YEAR),
        ("letters of reminders | a year", "billing.services.retention.LETTERS_KEPT", YEAR),
        ("hashes | {} days after nothing asks", "voice.services.pieces.KEPT", DAY),
        ("put together | {} days", "billing.services.retention.BUNDLES_KEPT", DAY),
        ("at will; {} when given up", "billing.services.retention.FAILED_BUNDLES_KEPT", DAY),
        ("not put in use | a day", "voice.services.recordings.DRAFTS_KEPT", DAY),
        ("calendar | {} days", "booking.services.feed.LIFE", DAY),
        ("give them again | {} days", "lps.accounts.api.idempotency.KEPT", DAY),
        ("made on a page | {} days", "lps.console.exporting.KEPT", DAY),
        ("messages sent | {} days", "notifications.services.SENT_KEPT", DAY),
        ("asked just before; {} a night at most", "tenants.orphans.MOST"),
        ("actions | a year", "lps.journal.retention.KEPT", YEAR),
    ],
    "docs/rules/runs.md": [
        ("The files go after {} days", "billing.services.retention.BUNDLES_KEPT", DAY),
        ("fails {} times is left aside", "billing.services.documents.TRIES"),
        ("left aside for an hour", "billing.services.documents.FAILURES_KEPT", OF_HOUR),
        ("after {} deaths", "tenants.long_work.TRIES"),
    ],
    "docs/rules/sms.md": [
        ("six digits, {} minutes", "notifications.services.subscriptions.CODE_LIFE", MINUTE),
        ("minutes, {} tries, one use", "notifications.services.subscriptions.TRIES"),
        ("({} seconds at least", "lps.office.forms.sms.FASTEST", SECOND),
        ("at least, {} hours at most)", "lps.office.forms.sms.LONGEST", HOUR),
        ("{} per number", "lps.office.sms_limits.NUMBER.free"),
        ("{} per range of addresses and hour", "lps.office.sms_limits.RANGE.free"),
        ("{} per commune and hour", "lps.office.sms_limits.COMMUNE.free"),
        ("bear the {} characters", "notifications.rules.sms_text.STOP_CLAUSE"),
        ("one agent within {} minutes are one", "notifications.services.campaigns.TWICE", MINUTE),
        ("messages are erased ({} days)", "notifications.services.SENT_KEPT", DAY),
    ],
    "docs/rules/telephone.md": [
        ("Taken up within {} seconds", "voice.gateway.keeper.BEAT_SECONDS"),
        ("not registered for {} minutes", "lps.console.telephone.UNREGISTERED_AFTER", MINUTE),
        ("voice server silent for {} minutes", "lps.console.telephone.SILENT_AFTER", MINUTE),
        ("and {} wrong codes within an hour on the numbers", "voice.services.limits.ALARM"),
        ("nobody, after {} wrong codes", "voice.services.limits.ALARM"),
        ("one to {} sentences more", "voice.services.limits.SLOWEST"),
        ("a number with {} wrong codes in an hour", "voice.services.limits.CALLER.free"),
        ("or with {} calls that stand | a busy line", "voice.services.conversation.CALLS_AT_ONCE"),
        ("{} wrong codes in a call", "voice.dialogue.facts.TRIES"),
        ("{} requests a minute of one address", "voice.views.webhook.REQUESTS_A_MINUTE"),
        ("(429), {} kB (413)", "voice.views.webhook.MOST_BYTES", KILO),
        ("more than {} new calls a minute", "voice.views.webhook.CALLS_A_MINUTE"),
        ("{} pieces a turn", "voice.services.pieces.BATCH"),
        ("What fails {} times is given up", "voice.services.pieces.TRIES"),
        ("nothing asked for in {} days", "voice.services.pieces.KEPT", DAY),
        ("an hour after the call at least", "voice.services.retention.UNDER_WAY", HOUR),
    ],
    "docs/runbooks/codes-essayes.md": [
        ("après {} erreurs sur un même code", "lps.accounts.attempts.SECRET.free"),
        ("Plus de {} essais faux en", "LpsCodesGuessed"),
    ],
    "docs/runbooks/horloge-arretee.md": [
        ("pendant {} heures", "lps.config.tick.LATE", HOUR),
        ("depuis plus de {} minutes", "LpsTickLate", OF_MINUTE),
    ],
    "docs/runbooks/payfip-absent.md": [
        ("redemandé toutes les {} minutes", "billing.rules.settlement.ASK_EVERY", MINUTE)
    ],
    "docs/runbooks/sms-sans-reponse.md": [("pendant {} jours", "notifications.sms_delivery.QUESTIONS_END", DAY)],
    "docs/runbooks/tache-en-echec.md": [("réessayé jusqu'à {} fois", "notifications.backoff.MAX_ATTEMPTS")],
    "docs/runbooks/README.md": [
        ("part dans les {} minutes", "LpsMailsLate", OF_MINUTE),
        ("{} % des pages des familles en moins d'une seconde", "LpsPagesSlow", 0.01),
    ],
    "docs/runbooks/tache-sans-fin.md": [
        ("depuis plus d'un quart d'heure", "LpsTaskEndless", 15 * OF_MINUTE),
        ("interrompue au bout de {} minutes", "django.conf.settings.CELERY_TASK_SOFT_TIME_LIMIT", OF_MINUTE),
        ("tuée au bout de {} ;", "django.conf.settings.CELERY_TASK_TIME_LIMIT", OF_MINUTE),
        ("revient toutes les {} minutes", "lps.config.alive.LONG_SECONDS", OF_MINUTE),
    ],
    "docs/runbooks/tache-tuee.md": [
        ("a été tué, {} fois au moins", "LpsTasksLost"),
        ("ou limite de {} minutes", "django.conf.settings.CELERY_TASK_TIME_LIMIT", OF_MINUTE),
    ],
    "docs/runbooks/taches-en-attente.md": [("Plus de {} tâches dans la file", "LpsQueueLong")],
    "docs/threats.md": [("{} tries a code", "lps.accounts.attempts.SECRET.free")],
}

_RULES = yaml.safe_load((ROOT / "deploy" / "monitoring" / "rules.yml").read_text())
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "fourteen": 14, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "ninety": 90, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "dix": 10, "douze": 12, "quinze": 15, "trente": 30,
    "quarante": 40, "quarante-cinq": 45, "cinquante": 50, "soixante": 60, "mille": 1000,
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:[ ,\u202f]?\d{3})*(?:\.\d+)?|\w+ hundred|[^\W\d]+(?:-[^\W\d]+)?"


def number(written: str) -> float:
    """ "1 000", "1,000", "0.5", "forty", "three hundred", "quarante-cinq". Raise KeyError for any other word."""
    word = written.lower()
    if word[0].isdigit():
        return float(re.sub(r"[^\d.]", "", word))
    hundreds = word.removesuffix(" hundred")
    return _WORDS[hundreds] * (1 if hundreds == word else 100)


def flat(text: str) -> str:
    """On one line, without the signs of bold."""
    return re.sub(r"\s+", " ", text.replace("**", ""))


def told(text: str, words: str) -> list[float]:
    """The figure that a page gives in the place of `{}`, 1 where it says "a year"; one for each time it says so."""
    pattern = re.escape(words).replace(r"\{\}", rf"(?<![\w-])({_NUMBER})")
    return [number(match[1]) if match.re.groups else 1 for match in re.finditer(pattern, flat(text), re.I)]


def threshold(alert: str) -> Decimal:
    """The figure at which an alert wakes: the last one of its expression."""
    [found] = [rule for group in _RULES["groups"] for rule in group["rules"] if rule["alert"] == alert]
    return Decimal(re.findall(r"[<>]=? ([\d.]+)", found["expr"])[-1])


def counted(name: str, unit: Any = 1) -> float:
    """What the code says, in the unit of the page."""
    parts = name.split(".")
    if len(parts) == 1:
        return float(threshold(name) / Decimal(str(unit)))
    for end in range(len(parts) - 1, 0, -1):
        try:
            found: Any = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return float(found / unit)
    raise ModuleNotFoundError(name)


CLAIMS = [(page, *claim) for page, claims in FIGURES.items() for claim in claims]


@pytest.mark.parametrize("claim", CLAIMS, ids=[f"{page}: {words}" for page, words, *_ in CLAIMS])
def test_a_figure_of_a_page_is_that_of_the_code(claim: tuple[Any, ...]) -> None:
    page, words, name, *unit = claim

    assert set(told((ROOT / page).read_text(), words)) == {counted(name, *unit)}


def test_a_figure_that_is_another_is_seen() -> None:
    assert told("Waits\n**forty days** at most.", "waits {} days at most") == [40]
    assert counted("billing.services.retention.BUNDLES_KEPT", DAY) == 90
    assert told("Kept for a year.", "kept for a year") == [1]
    assert told("Nothing of the kind.", "kept for a year") == []


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,000", 1000),
        ("0.5", 0.5),
        ("1 500", 1500),
        ("three hundred", 300),
        ("quarante-cinq", 45),
        ("Mille", 1000),
    ],
)
def test_numbers_are_read_in_figures_and_in_words(written: str, value: float) -> None:
    assert number(written) == value


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(KeyError, match="some"):
        number("some")
