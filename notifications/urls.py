"""Where providers tell what became of what we sent."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("sms/prestataire/<str:token>/", views.provider, name="provider"),
    path("sms/prestataire/<str:token>/courriels/", views.mail_provider, name="mail_provider"),
]
