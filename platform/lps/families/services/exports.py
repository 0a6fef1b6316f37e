"""Taking all families away: who did, when, with or without codes."""

from collections.abc import Collection

from lps.families.importing import exporting
from lps.families.queries.school import school_year_for
from lps.journal.actors import Actor
from lps.journal.channels import Channel
from lps.journal.services import record
from lps.kernel import clock
from tenants import context


def export(*, form: str, sites: Collection[int], with_codes: bool, by: Actor) -> list[dict[str, str]]:
    """The lines of the template, of the day on which an import would compare them."""
    today = clock.today(context.current().zone)
    year = school_year_for(today)
    day = max(today, year.during.lower) if year else today
    lines = exporting.lines(day=day, sites=sites, with_codes=with_codes)
    after = {"form": form, "lines": len(lines), "codes": with_codes, "sites": sorted(sites)}
    record(by=by, channel=Channel.OFFICE, action="families_exported", subject="families", after=after)
    return lines
