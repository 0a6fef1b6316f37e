"""Addresses of the API about families and places."""

from django.urls import path

from lps.families import api

app_name = "families_api"
urlpatterns = [
    path("lieux/", api.Sites.as_view(), name="sites"),
    path("familles/", api.Households.as_view(), name="households"),
    path("familles/<int:famille>/", api.OneHousehold.as_view(), name="household"),
    path("familles/<int:famille>/enfants/", api.Children.as_view(), name="children"),
]
