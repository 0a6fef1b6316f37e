"""What families leave behind, and for how long: applied every night, told to the journal in numbers."""

from datetime import date, datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction

from lps.families.models import HealthNote, ImportBatch, LettersBatch
from lps.families.services.erasing import erase_gone
from lps.families.services.links import purge_links
from lps.journal.retention import PURGER, report

FILES_KEPT = timedelta(days=60)
HEALTH_KEPT = timedelta(days=60)


def apply_terms(*, today: date, now: datetime) -> None:
    """Forget links, expired health notes, files received and printed, and the families gone for two years."""
    households, children = erase_gone(today=today, by=PURGER, at=now)
    with transaction.atomic():
        purged = {
            "links": purge_links(),
            "families": households,
            "children": children,
            "health_notes": HealthNote.objects.filter(valid_until__lt=today - HEALTH_KEPT).delete()[0],
            "imports": _forget_imports(now - FILES_KEPT),
            "letters": _forget_letters(now - FILES_KEPT),
        }
        report(purged, at=now)


def _forget_imports(limit: datetime) -> int:
    """Files with names in them, and their previews: those never accepted too."""
    old = ImportBatch.objects.filter(created_at__lt=limit)
    for name in old.values_list("file", flat=True):
        default_storage.delete(name)
    return old.delete()[0]


def _forget_letters(limit: datetime) -> int:
    """Letters hold codes: they are drawn again when they are asked for again."""
    old = LettersBatch.objects.filter(created_at__lt=limit)
    for files in old.values_list("files", flat=True):
        for told in files:
            default_storage.delete(told["file"])
    return old.delete()[0]
