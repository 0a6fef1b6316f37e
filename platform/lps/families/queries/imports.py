"""Files of families received."""

from lps.families.models import ImportBatch


def imports_received(limit: int = 20) -> list[ImportBatch]:
    """The last files received."""
    return list(ImportBatch.objects.all()[:limit])
