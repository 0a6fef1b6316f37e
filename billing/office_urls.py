"""Addresses of the agents' pages of billing, under /mairie/."""

from django.urls import path

from billing.views.agents import desk, reminders, till

app_name = "billing_office"
urlpatterns = [
    path("regie/encaissements/", desk.find, name="desk"),
    path("regie/caisse/", till.till, name="till"),
    path("regie/caisse/arreter/", till.close, name="till_close"),
    path("regie/caisse/journal.pdf", till.journal_pdf, name="till_pdf"),
    path("regie/caisse/journal.xlsx", till.journal_xlsx, name="till_xlsx"),
    path("regie/bordereaux/", till.remittances, name="remittances"),
    path("regie/bordereaux/faire/", till.remit, name="remit"),
    path("regie/bordereaux/<int:remittance_id>/", till.remittance, name="remittance"),
    path("regie/bordereaux/<int:remittance_id>/pdf/", till.remittance_pdf, name="remittance_pdf"),
    path("regie/relances/", reminders.reminders, name="reminders"),
    path("regie/relances/envoyer/", reminders.send, name="reminders_send"),
    path("regie/relances/<int:sending_id>/courriers.pdf", reminders.letters, name="reminder_letters"),
    path("regie/relances/<int:sending_id>/refaire/", reminders.draw_again, name="reminders_again"),
    path("regie/relances/niveaux/", reminders.levels, name="reminder_levels"),
    path("regie/relances/niveaux/minimum/", reminders.minimum, name="reminder_minimum"),
    path("regie/relances/niveaux/proposes/", reminders.start, name="reminder_start"),
    path("regie/relances/niveaux/nouveau/", reminders.level_new, name="reminder_level_new"),
    path("regie/relances/niveaux/<int:level_id>/", reminders.level, name="reminder_level"),
    path("regie/relances/niveaux/<int:level_id>/supprimer/", reminders.level_remove, name="reminder_level_remove"),
    path("regie/impayes/", reminders.unpaid_list, name="unpaid"),
    path("regie/impayes.csv", reminders.unpaid_csv, name="unpaid_csv"),
    path("regie/impayes.xlsx", reminders.unpaid_xlsx, name="unpaid_xlsx"),
    path("familles/<int:household_id>/reglements/", desk.family, name="family_payments"),
    path("familles/<int:household_id>/reglements/encaisser/", desk.take, name="take"),
    path("familles/<int:household_id>/reglements/avoir/", desk.credit, name="use_credit"),
    path("familles/<int:household_id>/quittances/<str:number>/", desk.receipt, name="receipt"),
    path("familles/<int:household_id>/quittances/<str:number>/pdf/", desk.receipt_pdf, name="receipt_pdf"),
    path("familles/<int:household_id>/quittances/<str:number>/annuler/", desk.reverse_payment, name="receipt_reverse"),
]
