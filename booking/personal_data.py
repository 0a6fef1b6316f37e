"""What bookings add to a family's own data: bookings, changes, receipts, periods."""

from booking import absences, queries, sentences
from booking.models import PeriodChoice, PreRegistration, Receipt
from booking.recap import chosen_lines
from lps.families.models import Household
from lps.families.personal_data import Part, Row
from tenants import context


def bookings_part(household: Household) -> list[Row]:
    """Every booking, canceled or not."""
    return [
        {
            "enfant": str(booking.child),
            "activité": booking.activity.name,
            "jour": booking.day,
            "lieu": booking.service_day.site.name,
            "réservée le": booking.booked_at,
            "annulée le": booking.canceled_at,
        }
        for booking in queries.bookings_by(household)
    ]


def changes_part(household: Household) -> list[Row]:
    """The journal of what the household changed, or had changed in its name."""
    return [
        {
            "enfant": str(entry.child),
            "le": entry.at,
            "par": entry.get_channel_display(),
            "auteur": entry.author,
            "modification": "réservation" if entry.after else "annulation",
            "activité": entry.activity_name,
            "jour": entry.day,
            "reçu": entry.receipt.number,
        }
        for entry in queries.changes_by(household)
    ]


def receipts_part(household: Household) -> list[Row]:
    """Its receipts, with what was refused then, in words."""
    zone = context.current().zone
    return [
        {
            "numéro": receipt.number,
            "reçu le": receipt.received_at,
            "par": receipt.get_channel_display(),
            "enfant": str(receipt.child),
            "motif de la mairie": receipt.reason,
            "refusé": [
                {
                    "jour": written["day"],
                    "raison": sentences.refusal_sentence(written["code"], written["facts"], zone=zone),
                }
                for written in receipt.refused
            ],
        }
        for receipt in Receipt.objects.filter(household=household).select_related("child")
    ]


def periods_part(household: Household) -> list[Row]:
    """The périscotidien periods that it chose."""
    choices = PeriodChoice.objects.filter(household=household).select_related("child", "period", "receipt", "reopening")
    return [
        {
            "enfant": str(choice.child),
            "période du": choice.period.first_day,
            "au": choice.period.last_day,
            "choix": " ; ".join(chosen_lines(choice)),
            "reçu": choice.receipt.number,
            "rouverte le": choice.reopened.at if choice.reopened else None,
            "motif de la réouverture": choice.reopened.reason if choice.reopened else "",
        }
        for choice in choices
    ]


def pre_registrations_part(household: Household) -> list[Row]:
    """What it answered to préinscription campaigns, and what the town decided."""
    answers = PreRegistration.objects.filter(household=household).select_related("child", "campaign")
    return [
        {
            "enfant": str(answer.child),
            "campagne": answer.campaign.title,
            "réponse": "oui" if answer.returns else "non",
            "jours demandés": " ; ".join(chosen_lines(answer)),
            "reçu": answer.number,
            "répondu le": answer.answered_at,
            "état": answer.get_state_display(),
            "motif": answer.words,
        }
        for answer in answers
    ]


def absences_part(household: Household) -> list[Row]:
    """The absences that it declared, or that an agent noted for it, with the answer."""
    return [
        {
            "numéro": absence.number,
            "enfant": str(absence.child),
            "du": absence.first_day,
            "au": absence.last_day,
            "activités": [one.name for one in absence.activities.all()],
            "motif": absence.reason,
            "justificatif": bool(absence.document),
            "déclarée le": absence.declared_at,
            "par": absence.get_channel_display(),
            "état": absence.get_state_display(),
            "examinée le": absence.answered_at,
            "réponse": absence.answer,
        }
        for absence in absences.of_household(household)
    ]


OWN: dict[str, Part] = {
    "Réservations": bookings_part,
    "Modifications": changes_part,
    "Reçus": receipts_part,
    "Périodes": periods_part,
    "Préinscriptions": pre_registrations_part,
    "Absences": absences_part,
}
