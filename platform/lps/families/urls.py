"""Addresses of the families' door and of their own pages."""

from django.urls import path

from lps.families.views import door, house_rules, messages, parents, personal_data

app_name = "families"
urlpatterns = [
    path("", door.home, name="home"),
    path("deconnexion/", door.sign_out, name="sign_out"),
    path("difficultes/", door.difficulties, name="difficulties"),
    path("difficultes/<str:token>/", door.codes, name="codes"),
    path("appareil/<str:token>/", door.device, name="device"),
    path("adresse/<str:token>/", messages.validate, name="validate_address"),
    path("messages/", messages.choices, name="messages"),
    path("messages/arret/<str:token>/", messages.stop, name="stop_messages"),
    path("enfants/", parents.children, name="children"),
    path("reglement/", house_rules.show, name="house_rules"),
    path("aide/", parents.help_page, name="help"),
    path("accessibilite/", parents.accessibility, name="accessibility"),
    path("donnees-personnelles/", personal_data.show, name="personal_data"),
    path("donnees-personnelles/demandes/", personal_data.ask, name="ask_about_data"),
    path("donnees-personnelles/consentements/<int:address_id>/retrait/", personal_data.withdraw, name="withdraw"),
    path("donnees-personnelles/export.json", personal_data.export_json, name="export_json"),
    path("donnees-personnelles/export.csv", personal_data.export_csv, name="export_csv"),
]
