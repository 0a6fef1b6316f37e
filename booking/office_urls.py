"""Addresses of the agents' pages of bookings, under /mairie/."""

from django.urls import path

from booking.views.agents import answers, campaigns, closures, counter, kitchen, lists, roll, waiting

app_name = "booking_office"
urlpatterns = [
    path("pointage/", roll.days, name="days"),
    path("pointage/listes/", lists.choose, name="lists"),
    path("pointage/listes.pdf", lists.as_pdf, name="lists_pdf"),
    path("pointage/<int:service_day_id>/", roll.call, name="call"),
    path("pointage/<int:service_day_id>/noter/", roll.note, name="note"),
    path("pointage/<int:service_day_id>/urgence/", roll.emergency, name="emergency"),
    path("familles/<int:household_id>/reservations/", counter.bookings, name="family_bookings"),
    path("familles/<int:household_id>/journal/", counter.journal, name="family_journal"),
    path("familles/<int:household_id>/recus/<str:number>/", counter.receipt, name="family_receipt"),
    path("cuisine/", kitchen.counts, name="kitchen"),
    path("cuisine/repas.csv", kitchen.as_csv, name="kitchen_csv"),
    path("cuisine/repas.pdf", kitchen.as_pdf, name="kitchen_pdf"),
    path("preinscriptions/", campaigns.campaigns, name="campaigns"),
    path("preinscriptions/nouvelle/", campaigns.new, name="campaign_new"),
    path("preinscriptions/<int:campaign_id>/", answers.answers, name="campaign"),
    path("preinscriptions/<int:campaign_id>/modifier/", campaigns.edit, name="campaign_edit"),
    path("preinscriptions/<int:campaign_id>/ouvrir/", campaigns.open_now, name="campaign_open"),
    path("preinscriptions/<int:campaign_id>/clore/", campaigns.close_now, name="campaign_close"),
    path("preinscriptions/<int:campaign_id>/valider/", answers.validate, name="campaign_validate"),
    path("preinscriptions/<int:campaign_id>/reserver/", answers.book_again, name="campaign_book"),
    path("preinscriptions/<int:campaign_id>/reponses.csv", answers.as_csv, name="campaign_csv"),
    path("preinscriptions/<int:campaign_id>/reponses.xlsx", answers.as_xlsx, name="campaign_xlsx"),
    path("preinscriptions/<int:campaign_id>/reponses/<int:answer_id>/", answers.answer, name="answer"),
    path("fermetures/", closures.closures, name="closures"),
    path("fermetures/nouvelle/", closures.new, name="closure_new"),
    path("fermetures/apercu/", closures.preview, name="closure_preview"),
    path("fermetures/fermer/", closures.close, name="closure_close"),
    path("fermetures/<int:closure_id>/", closures.closure, name="closure"),
    path("fermetures/<int:closure_id>/annuler/", closures.undo, name="closure_undo"),
    path("attente/", waiting.lists, name="waiting_lists"),
    path("attente/<int:service_day_id>/", waiting.one_list, name="waiting_list"),
    path("attente/<int:service_day_id>/inscrire/<int:child_id>/<int:household_id>/", waiting.join, name="waiting_join"),
    path("attente/inscription/<int:entry_id>/", waiting.entry, name="waiting_entry"),
    path("attente/inscription/<int:entry_id>/ordre/", waiting.rank, name="waiting_rank"),
    path("attente/inscription/<int:entry_id>/retirer/", waiting.leave, name="waiting_leave"),
]
