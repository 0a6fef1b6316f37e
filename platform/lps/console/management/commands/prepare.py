"""`lps prepare`: bring the database to the code, registry first, then every commune, then the template."""

from typing import Any

from django.core.management.base import BaseCommand

from tenants import schemas


class Command(BaseCommand):
    help = "Met la base au niveau du code : registre, communes, schéma modèle."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        schemas.prepare_public()
        for schema in schemas.behind():
            schemas.migrate(schema)
            self.stdout.write(f"{schema} : à jour")
        schemas.refresh_template()
