"""Addresses under /mairie/ of an agent's own access."""

from django.urls import path

from lps.accounts.views.agents import access, account

app_name = "accounts_office"
urlpatterns = [
    path("acces/<str:token>/", access.open_access, name="access"),
    path("mon-compte/", account.account, name="account"),
    path("mon-compte/mot-de-passe/", account.password, name="password"),
    path("mon-compte/codes-de-secours/", account.recovery_codes, name="recovery_codes"),
    path("mon-compte/telephone/", account.telephone, name="telephone"),
    path("mon-compte/sessions/fermer/", account.end_other_sessions, name="end_other_sessions"),
    path("mon-compte/sessions/<uuid:key>/fermer/", account.end_session, name="end_session"),
]
