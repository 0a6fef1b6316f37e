"""Addresses under /mairie/ that belong to no single subject."""

from django.urls import path

from lps.office.views import appearance, door, messages, rules, today, town

app_name = "office"
urlpatterns = [
    path("", today.today, name="today"),
    path("a-regarder/<slug:slug>/", today.watch, name="watch"),
    path("connexion/", door.sign_in, name="sign_in"),
    path("deconnexion/", door.sign_out, name="sign_out"),
    path("messages/", messages.messages, name="messages"),
    path("messages/nouveau/", messages.new, name="message_new"),
    path("messages/<int:message_id>/", messages.message, name="message"),
    path("messages/<int:message_id>/modifier/", messages.edit, name="message_edit"),
    path("messages/<int:message_id>/publier/", messages.publish, name="message_publish"),
    path("messages/<int:message_id>/retirer/", messages.withdraw, name="message_withdraw"),
    path("messages/<int:message_id>/copier/", messages.copy, name="message_copy"),
    path("messages/<int:message_id>/supprimer/", messages.remove, name="message_remove"),
    path("reglements/", rules.versions, name="rules"),
    path("reglements/nouveau/", rules.new, name="rules_new"),
    path("reglements/<int:rules_id>/", rules.version, name="rules_version"),
    path("reglements/<int:rules_id>/modifier/", rules.edit, name="rules_edit"),
    path("reglements/<int:rules_id>/publier/", rules.publish, name="rules_publish"),
    path("reglements/<int:rules_id>/retirer/", rules.withdraw, name="rules_withdraw"),
    path("reglements/<int:rules_id>/copier/", rules.copy, name="rules_copy"),
    path("reglements/<int:rules_id>/supprimer/", rules.remove, name="rules_remove"),
    path("reglements/<int:rules_id>/familles/", rules.families, name="rules_families"),
    path("reglements/<int:rules_id>/familles.csv", rules.families_csv, name="rules_families_csv"),
    path("reglages/", town.index, name="town"),
    path("reglages/contacts/", town.contacts, name="town_contacts"),
    path("reglages/portail/", town.portal, name="town_portal"),
    path("reglages/connexion/", town.access, name="town_access"),
    path("reglages/apparence/", appearance.appearance, name="town_appearance"),
    path("reglages/apparence/essai.css", appearance.sample, name="town_sample"),
    path("reglages/apparence/logo/", appearance.logo, name="town_logo"),
    path("reglages/apparence/logo/essai/", appearance.trial, name="town_logo_trial"),
    path("reglages/apparence/logo/garder/", appearance.keep_logo, name="town_logo_keep"),
    path("reglages/apparence/logo/retirer/", appearance.remove_logo, name="town_logo_remove"),
]
