"""Addresses of the API about families and places."""

from django.urls import path

from lps.families import api, api_writing

app_name = "families_api"
urlpatterns = [
    path("lieux/", api.Sites.as_view(), name="sites"),
    path("familles/", api.Households.as_view(), name="households"),
    path("familles/<int:famille>/", api.OneHousehold.as_view(), name="household"),
    path("familles/<int:famille>/enfants/", api.Children.as_view(), name="children"),
    path("classes/", api.Classes.as_view(), name="classes"),
    path("classes/<int:classe>/enfants/", api.ClassChildren.as_view(), name="class_children"),
    path("lieux/<int:lieu>/enfants/", api.SiteChildren.as_view(), name="site_children"),
    path("familles/ajouter/", api_writing.AddHousehold.as_view(), name="add_household"),
    path("familles/<int:famille>/modifier/", api_writing.ChangeHousehold.as_view(), name="change_household"),
    path("familles/<int:famille>/representants/ajouter/", api_writing.AddGuardian.as_view(), name="add_guardian"),
    path("familles/<int:famille>/enfants/ajouter/", api_writing.AddChild.as_view(), name="add_child"),
    path("enfants/<int:enfant>/classe/", api_writing.MoveChild.as_view(), name="move_child"),
]
