from django.apps import AppConfig


class FamiliesConfig(AppConfig):
    """Households, guardians, children and their classes; the parents' door."""

    name = "lps.families"
    label = "families"
    verbose_name = "familles"

    def ready(self) -> None:
        from lps.accounts import identity as doors
        from lps.accounts import rights
        from lps.families import audiences, identity, personal_data
        from lps.families.rights import OWN
        from notifications.audiences import register as register_audience

        doors.register(kind=identity.KIND, resolve=identity.resolve)
        rights.register(OWN)
        for name, part in personal_data.OWN.items():
            personal_data.register(name, part)
        for audience in audiences.OWN:
            register_audience(audience)
