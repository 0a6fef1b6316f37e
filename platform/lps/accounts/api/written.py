"""What the API writes, described once for the answer and for the documentation."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class Written(serializers.Serializer):
    """An object of the API: its French name in the description and, for what an address answers, a sample."""

    called: ClassVar[str]
    sample: ClassVar[Any] = None


def page(item: type[Written]) -> type[Written]:
    """How a page of these items is written."""
    fields = {
        "called": f"Page{item.called}",
        "sample": {"resultats": [item.sample], "suivant": None},
        "resultats": item(many=True),
        "suivant": serializers.CharField(
            allow_null=True,
            help_text=_("L'adresse de la page suivante, sur le même hôte ; null à la dernière page."),
        ),
    }
    return type(f"{item.__name__}Page", (Written,), fields)
