"""Addresses under /mairie/ that belong to no single subject."""

from django.urls import path

from lps.office.views import door, messages, today

app_name = "office"
urlpatterns = [
    path("", today.today, name="today"),
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
]
