"""`lps fleet migrate`, `status` and `check`: the schemas of all communes, brought to the code or only looked at."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from tenants import queries, schemas
from tenants.fleet import running, safety, versions


class Command(BaseCommand):
    help = "Amène les schémas de toutes les communes au niveau du code, ou dit où ils en sont."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        migrate = actions.add_parser("migrate", help="registre, communes, puis schéma modèle des nouvelles communes")
        migrate.add_argument(
            "--canary",
            action="append",
            default=[],
            metavar="COMMUNE",
            help="à faire avant toutes les autres ; à répéter",
        )
        migrate.add_argument("--canaries-only", action="store_true", help="s'arrêter après elles, pour y regarder")
        migrate.add_argument("--workers", type=int, default=running.WORKERS, help="communes à la fois")
        migrate.add_argument("--keep-going", action="store_true", help="passer aux suivantes quand une commune échoue")
        status = actions.add_parser("status", help="quelle commune a quelle version")
        status.add_argument("--behind", action="store_true", help="seulement celles qui sont en retard")
        status.add_argument("--check", action="store_true", help="échouer s'il y en a une")
        actions.add_parser("check", help="refuse les migrations que le code d'avant ne supporterait pas")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "migrate":
            self._migrate(**options)
        elif options["action"] == "check":
            self._check_migrations()
        else:
            self._say_status(only_behind=options["behind"], check=options["check"])

    def _migrate(self, *, workers: int, **options: Any) -> None:
        if workers < 1:
            raise CommandError(_("--workers : une commune à la fois au moins."))
        try:
            with running.alone():
                self._migrate_alone(workers=workers, **options)
        except running.AlreadyRunning as refusal:
            raise CommandError(
                _("Une autre mise à niveau est en cours sur cette base : attendez qu'elle finisse.")
            ) from refusal

    def _migrate_alone(
        self, *, canary: list[str], canaries_only: bool, workers: int, keep_going: bool, **rest: Any
    ) -> None:
        """The registry, the communes, the template of new ones."""
        schemas.prepare_public()
        communes = queries.communes()
        if unknown := sorted(set(canary) - {one.slug for one in communes}):
            raise CommandError(_("Aucune commune ne s'appelle ainsi : %(names)s.") % {"names": ", ".join(unknown)})
        if canaries_only:
            communes = [one for one in communes if one.slug in canary]
        report = running.migrate(
            communes=communes, canaries=canary, workers=workers, keep_going=keep_going, tell=self._teller()
        )
        self._say_report(report)
        if not canaries_only:
            schemas.refresh_template()

    def _teller(self) -> running.Told:
        """A line a second at most, and the last one."""
        said_at = 0.0

        def tell(progress: running.Progress) -> None:
            nonlocal said_at
            if time.monotonic() - said_at < 1 and progress.done < progress.total:
                return
            said_at = time.monotonic()
            facts = {"done": progress.done, "total": progress.total, "slug": progress.slug}
            words = _("%(done)s/%(total)s : %(slug)s est à niveau ; encore %(seconds)s s environ")
            self.stdout.write(words % {**facts, "seconds": round(progress.seconds_left)})
            self.stdout.flush()

        return tell

    def _say_report(self, report: running.Report) -> None:
        """What is where; a failure ends the command with an error."""
        counts = {"done": len(report.done), "current": len(report.current)}
        self.stdout.write(_("Mises à niveau : %(done)s. Déjà à niveau : %(current)s.") % counts)
        if report.is_whole:
            return
        lines = [_("Tout n'est pas à niveau. Rien n'est resté à moitié ; corrigez puis relancez la commande.")]
        lines += [
            _("  en échec : %(slug)s : %(why)s") % {"slug": slug, "why": why} for slug, why in report.failed.items()
        ]
        lines += [_("  mise à niveau : %(slug)s") % {"slug": slug} for slug in sorted(report.done)]
        lines += [_("  pas touchée : %(slug)s") % {"slug": slug} for slug in report.untouched]
        raise CommandError("\n".join(lines))

    def _say_status(self, *, only_behind: bool, check: bool) -> None:
        standings = versions.standings(queries.communes())
        late = [one for one in standings if not one.is_current]
        self.stdout.write(_("Version du code : %(version)s") % {"version": versions.code_version()})
        for one in late if only_behind else standings:
            self.stdout.write(_line(one))
        self.stdout.write(_("En retard : %(late)s sur %(all)s.") % {"late": len(late), "all": len(standings)})
        if check and late:
            raise CommandError(_("Lancez « lps fleet migrate »."))

    def _check_migrations(self) -> None:
        """Words for whoever writes a migration: in English, as the code."""
        found = [str(one) for one in safety.dangers()]
        found += [
            f"{'.'.join(name)}: its exception has no reason, or no migration" for name in safety.useless_exceptions()
        ]
        if found:
            raise CommandError("\n".join([*found, _("Voyez docs/rules/fleet.md, « Safe migrations ».")]))


def _line(standing: versions.Standing) -> str:
    words = [
        _("à niveau") if standing.is_current else _("en retard de : %(names)s") % {"names": _list(standing.missing)}
    ]
    if standing.unknown:
        words.append(_("inconnues de ce code : %(names)s") % {"names": _list(standing.unknown)})
    return f"{standing.commune.slug:<30} {standing.version}  {' ; '.join(words)}"


def _list(names: tuple[versions.Name, ...]) -> str:
    """The first three, and how many more."""
    told = ", ".join(f"{app}.{name}" for app, name in names[:3])
    return told if len(names) <= 3 else f"{told}, +{len(names) - 3}"
