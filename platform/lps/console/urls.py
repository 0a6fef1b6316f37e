"""Addresses of the console's host."""

from django.urls import path

from lps.console.views import communes, dead_letters, door, exports, journal, notices, operators, telephone, visits

app_name = "console"
urlpatterns = [
    path("", communes.communes, name="communes"),
    path("connexion/", door.sign_in, name="sign_in"),
    path("deconnexion/", door.sign_out, name="sign_out"),
    path("communes/nouvelle/", communes.new, name="new"),
    path("communes/<slug:slug>/", communes.commune, name="commune"),
    path("communes/<slug:slug>/messages/", dead_letters.messages, name="messages"),
    path("communes/<slug:slug>/export/", exports.exports, name="exports"),
    path("communes/<slug:slug>/export/<int:export_id>/archive.zip", exports.archive, name="archive"),
    path("communes/<slug:slug>/etat/", communes.state, name="state"),
    path("communes/<slug:slug>/ouverture/", communes.opening_day, name="opening_day"),
    path("communes/<slug:slug>/entrer/", visits.ask, name="enter"),
    path("visites/<int:visit_id>/", visits.visit, name="visit"),
    path("visites/<int:visit_id>/fin/", visits.end, name="visit_end"),
    path("annonces/", notices.notices, name="notices"),
    path("annonces/nouvelle/<slug:word>/", notices.new, name="notice_new"),
    path("annonces/<int:notice_id>/annuler/", notices.cancel, name="notice_cancel"),
    path("exploitants/", operators.operator_list, name="operators"),
    path("exploitants/inviter/", operators.invite, name="operator_invite"),
    path("exploitants/<int:account_id>/", operators.operator, name="operator"),
    path("exploitants/<int:account_id>/modifier/", operators.edit, name="operator_edit"),
    path("exploitants/<int:account_id>/renvoyer/", operators.invite_again, name="operator_invite_again"),
    path("exploitants/<int:account_id>/nouvel-acces/", operators.new_access, name="operator_new_access"),
    path("exploitants/<int:account_id>/arreter/", operators.switch_off, name="operator_off"),
    path("exploitants/<int:account_id>/reprendre/", operators.switch_on, name="operator_on"),
    path("exploitants/<int:account_id>/sessions/fermer/", operators.end_sessions, name="operator_end_sessions"),
    path(
        "exploitants/<int:account_id>/sessions/<uuid:key>/fermer/",
        operators.end_session,
        name="operator_end_session",
    ),
    path("journal/", journal.journal, name="journal"),
    path("journal.csv", journal.export, name="journal_csv"),
    path("telephone/", telephone.overview, name="telephone"),
    path("telephone/lignes/nouvelle/", telephone.new_line, name="new_line"),
    path("telephone/lignes/<int:line_id>/", telephone.line, name="line"),
    path("telephone/lignes/<int:line_id>/supprimer/", telephone.remove_line, name="remove_line"),
    path("telephone/numeros/", telephone.numbers, name="numbers"),
    path("telephone/numeros/<slug:number>/retirer/", telephone.remove_number, name="remove_number"),
]
