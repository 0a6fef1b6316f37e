"""Addresses of the agents' pages about families, under /mairie/familles/."""

from django.urls import path

from lps.families.views.agents import erasing, families, imports, letters, requests, rollover

app_name = "families_office"
urlpatterns = [
    path("", families.families, name="families"),
    path("classes/<int:class_id>/", families.school_class, name="class"),
    path("<int:household_id>/", families.family, name="family"),
    path("<int:household_id>/effacer/", erasing.erase, name="erase"),
    path("demandes/", requests.requests, name="requests"),
    path("demandes/<int:request_id>/", requests.answer, name="answer"),
    path("imports/", imports.imports, name="imports"),
    path("imports/modele.xlsx", imports.template, name="import_template"),
    path("imports/exemple-ecole.xlsx", imports.example, name="import_example"),
    path("imports/<int:batch_id>/", imports.preview, name="import"),
    path("imports/<int:batch_id>/accepter/", imports.accept, name="import_accept"),
    path("lettres/", letters.letters, name="letters"),
    path("lettres/<int:batch_id>/<int:rank>.pdf", letters.file, name="letters_file"),
    path("passage/", rollover.rollover, name="rollover"),
    path("passage/jour/", rollover.day, name="rollover_day"),
    path("passage/niveaux/", rollover.levels, name="rollover_levels"),
    path("passage/classes/", rollover.classes, name="rollover_classes"),
    path("passage/classes/<int:class_id>/", rollover.children, name="rollover_children"),
    path("passage/classes-suivantes/ajouter/", rollover.add_class, name="rollover_add_class"),
    path("passage/classes-suivantes/<int:class_id>/", rollover.change_class, name="rollover_class"),
    path("passage/appliquer/", rollover.apply, name="rollover_apply"),
    path("passage/annuler/", rollover.undo, name="rollover_undo"),
]
