"""The telephone as operators of ours watch it: servers, lines, calls and errors, and what to do about each alarm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from lps.console import figures
from tenants import context, telephone
from tenants.models import Commune, OperatorLine, VoiceServer
from voice.services import limits

DAY = timedelta(days=1)
SILENT_AFTER = timedelta(minutes=2)  # a voice server tells of itself every ten seconds
UNREGISTERED_AFTER = timedelta(minutes=5)
State = OperatorLine.State
_EACH = sql.SQL(
    "SELECT {slug}::text, count(*), count(*) FILTER (WHERE outcome = 'saved'),"
    " count(*) FILTER (WHERE outcome = 'refused'), count(*) FILTER (WHERE outcome = 'failed')"
    " FROM {schema}.voice_call WHERE door <> 'trial' AND called_at >= %(since)s"
)


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one commune within a day; those refused met a busy line, those that failed our own faults."""

    commune: Commune
    calls: int
    saved: int
    refused: int
    failed: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong, and what to do, as two French sentences; the line that it is about, if one is."""

    what: str
    do: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the page shows."""

    servers: list[VoiceServer]
    lines: list[OperatorLine]
    numbers: int
    calls: list[Calls]
    alarms: list[Alarm]

    @property
    def standing(self) -> int:
        """Calls at this moment."""
        return sum(one.calls for one in self.servers)


def overview(*, now: datetime, real: datetime) -> Overview:
    """Read all of it in a constant number of statements; `now` is the product's instant, `real` the true one."""
    servers, lines, numbers = telephone.voice_servers(), telephone.operator_lines(), telephone.numbers()
    communes = {commune.slug: commune for _number, commune in numbers}
    alarms = [
        *_of_servers(servers, any(line.is_open for line in lines) or bool(numbers), real),
        *_of_lines(lines, real),
        *_of_codes(list(communes.values()), real),
    ]
    calls = _calls(list(communes.values()), since=now - DAY)
    return Overview(servers=servers, lines=lines, numbers=len(numbers), calls=calls, alarms=alarms)


def _of_servers(servers: Sequence[VoiceServer], is_needed: bool, real: datetime) -> list[Alarm]:
    if not servers:
        do = _(
            "Démarrez «\u00a0manage.py serveur_vocal\u00a0» à côté d'Asterisk\u00a0: les appels tombent "
            "sur une phrase d'excuse."
        )
        return [Alarm(_("Aucun serveur vocal ne donne signe de vie."), do)] if is_needed else []
    found = [_silent(one) for one in servers if real - one.seen_at > SILENT_AFTER]
    awake = [one for one in servers if real - one.seen_at <= SILENT_AFTER]
    found += [_without_asterisk(one) for one in awake if one.exchange == VoiceServer.Exchange.DOWN]
    if awake and is_needed and all(one.exchange == VoiceServer.Exchange.NONE for one in awake):
        do = _("Relancez le serveur vocal avec «\u00a0--asterisk\u00a0» et le dossier qu'il partage avec Asterisk.")
        found.append(
            Alarm(_("Aucun serveur vocal ne s'occupe d'un Asterisk\u00a0: les lignes ci-dessous sont ignorées."), do)
        )
    return found


def _silent(server: VoiceServer) -> Alarm:
    since = timezone.localtime(server.seen_at)
    what = _("Le serveur vocal %(name)s ne donne plus signe de vie depuis le %(day)s à %(hour)s.")
    do = _(
        "Regardez s'il tourne encore et lisez son journal, puis relancez-le. D'ici là, ceux qui appellent "
        "entendent une phrase d'excuse."
    )
    return Alarm(what % {"name": server.name, "day": f"{since:%d/%m}", "hour": f"{since:%H:%M}"}, do)


def _without_asterisk(server: VoiceServer) -> Alarm:
    what = _("Asterisk ne répond pas au serveur vocal %(name)s.") % {"name": server.name}
    do = _(
        "Regardez s'il tourne et lisez son journal, puis relancez-le\u00a0: aucun appel n'arrive. S'il "
        "tourne, le dossier partagé n'est pas le bon."
    )
    return Alarm(what, do)


def _of_lines(lines: Sequence[OperatorLine], real: datetime) -> list[Alarm]:
    return [_of_line(line, real) for line in lines if line.is_open and _is_down(line, real)]


def _is_down(line: OperatorLine, real: datetime) -> bool:
    is_late = line.state_since is None or real - line.state_since > UNREGISTERED_AFTER
    return line.state in (State.REJECTED, State.UNREADABLE) or (line.state == State.WAITING and is_late)


def _of_line(line: OperatorLine, real: datetime) -> Alarm:
    minutes = int((real - line.state_since).total_seconds() // 60) if line.state_since else 0
    facts = {"name": line.name, "minutes": minutes, "server": line.server}
    if line.state == State.UNREADABLE:
        what, do = (
            _("Le mot de passe de la ligne «\u00a0%(name)s\u00a0» ne peut plus être lu."),
            _("Sa clé est perdue\u00a0: retapez le mot de passe de la ligne."),
        )
    elif line.state == State.REJECTED:
        what = _("L'opérateur refuse la ligne «\u00a0%(name)s\u00a0» depuis %(minutes)s min.")
        do = _(
            "Vérifiez l'identifiant et le mot de passe auprès de l'opérateur, puis retapez-les\u00a0: "
            "l'essai est refait aussitôt."
        )
    else:
        what = _("La ligne «\u00a0%(name)s\u00a0» n'est pas enregistrée depuis %(minutes)s min.")
        do = _(
            "%(server)s ne répond pas\u00a0: vérifiez le nom du serveur et le réseau (UDP), puis appelez l'opérateur."
        )
    return Alarm(what % facts, do % facts, line.pk)


def _of_codes(communes: Sequence[Commune], real: datetime) -> list[Alarm]:
    found = []
    for commune, number in limits.wrong_codes(communes, at=real):
        what = _(
            "%(number)s codes faux en une heure sur la ligne de «\u00a0%(name)s\u00a0»\u00a0: quelqu'un "
            "les essaie peut-être."
        )
        do = _(
            "Le serveur vocal ralentit déjà les essais. Lisez le journal des appels avec la mairie, et "
            "demandez-lui d'exiger aussi le code famille (Serveur vocal, Régler)."
        )
        found.append(Alarm(what % {"number": number, "name": commune.header_name}, do))
    return found


def _calls(communes: Sequence[Commune], *, since: datetime) -> list[Calls]:
    """The calls by commune, those with our own faults first, in a constant number of statements."""
    behind = figures.behind(communes)
    shown = {one.slug: one for one in communes if one.slug not in behind}
    if not shown:
        return []
    each = [_EACH.format(slug=sql.Literal(one.slug), schema=sql.Identifier(one.schema_name)) for one in shown.values()]
    with context.public(), connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(each).as_string(cursor.connection), {"since": since})
        counted = [Calls(shown[slug], *numbers) for slug, *numbers in cursor.fetchall()]
    return sorted((one for one in counted if one.calls), key=lambda one: (-one.failed, -one.calls, one.commune.slug))
