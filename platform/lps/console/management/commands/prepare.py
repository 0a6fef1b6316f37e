"""`lps prepare`: bring the database to the code, registry first, then every commune, then the template."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Met la base au niveau du code : registre, communes, schéma modèle (lps fleet migrate, sans option)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("fleet", "migrate", stdout=self.stdout, stderr=self.stderr)
