"""The forms of absences: a family's declaration, an agent's note, the document, the answer."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from booking import documents, sentences
from booking.documents import Document, DocumentRefused
from booking.models import Absence, Activity
from booking.services.absences import Asked
from lps.families.queries.children import ChildAtSchool
from lps.ui.forms import DayField

REASONS = (
    ("sick", _("Enfant malade")),
    ("appointment", _("Rendez-vous médical")),
    ("family", _("Événement familial")),
    ("trip", _("Sortie ou séjour scolaire")),
    ("other", _("Autre motif")),
)
_DOCUMENT_HINT = _("Une photo ou un PDF de 8 Mo au plus. Vous pourrez aussi l'ajouter plus tard.")


class DocumentField(forms.FileField):
    """A photo or a PDF, known by its bytes; gives the `Document` to keep, or None."""

    def __init__(self, **rest: Any) -> None:
        accept = "image/jpeg,image/png,image/webp,application/pdf"
        super().__init__(
            widget=forms.FileInput({"accept": accept}),
            allow_empty_file=True,
            error_messages={"required": _("Choisissez la photo ou le PDF."), "invalid": _("Choisissez un fichier.")},
            **rest,
        )

    def clean(self, data: Any, initial: Any = None) -> Document | None:
        sent = super().clean(data, initial)
        if not isinstance(sent, UploadedFile):
            return None
        try:
            if (sent.size or 0) > documents.MAX_BYTES:  # before any of it is read
                raise DocumentRefused("too_heavy")
            return documents.received(sent.read())
        except DocumentRefused as error:
            raise forms.ValidationError(sentences.document_refusal(error.refusal.code), code="refused") from error


def ask_again(form: forms.Form) -> None:
    """A browser never keeps a file: a form that comes back to be mended asks for its document again."""
    if form.files.get("document") and not form.has_error("document"):
        form.add_error("document", _("Choisissez-le de nouveau\u00a0: le navigateur ne l'a pas gardé."))


class DocumentForm(forms.Form):
    """The document of an absence declared before."""

    document = DocumentField(label=_("Justificatif"), help_text=_("Une photo ou un PDF de 8 Mo au plus."))


class AbsenceForm(forms.Form):
    """An absence: who, when, from what, why."""

    child = forms.TypedChoiceField(
        label=_("Enfant"),
        coerce=int,
        error_messages={
            "required": _("Choisissez l'enfant."),
            "invalid_choice": _("Cet enfant n'est pas dans la liste\u00a0: choisissez parmi ceux-ci."),
        },
    )
    first_day = DayField(label=_("Premier jour d'absence"), error_messages={"required": _("Choisissez le jour.")})
    last_day = DayField(
        label=_("Dernier jour d'absence"), required=False, help_text=_("Laissez vide pour un seul jour.")
    )
    activities = forms.TypedMultipleChoiceField(
        label=_("Activités"),
        help_text=_("Ne cochez rien si l'enfant est absent de toutes ses activités."),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Cette activité n'existe plus\u00a0: choisissez parmi celles-ci.")},
    )
    reason = forms.ChoiceField(
        label=_("Motif"),
        choices=[("", _("Choisissez")), *REASONS],
        error_messages={
            "required": _("Choisissez le motif."),
            "invalid_choice": _("Ce motif n'est pas dans la liste\u00a0: choisissez parmi ceux-ci."),
        },
    )
    words = forms.CharField(
        label=_("Précisions"),
        help_text=_("N'écrivez aucun renseignement médical."),
        max_length=150,
        required=False,
    )
    document = DocumentField(label=_("Justificatif"), help_text=_DOCUMENT_HINT, required=False)

    def __init__(
        self,
        *args: Any,
        children: Sequence[ChildAtSchool],
        activities: Sequence[Activity],
        **rest: Any,
    ) -> None:
        super().__init__(*args, **rest)
        choices = [(one.child.pk, str(one.child)) for one in children]
        self.fields["child"].choices = choices if len(choices) == 1 else [("", _("Choisissez")), *choices]  # type: ignore[attr-defined]
        self.fields["activities"].choices = [(one.pk, one.name) for one in activities]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Another reason than those of the list is said in words."""
        given = super().clean() or {}
        if given.get("reason") == "other" and not given.get("words") and "words" not in self.errors:
            self.add_error("words", _("Dites le motif en quelques mots."))
        return given

    @property
    def asked(self) -> Asked:
        """What is declared, once the form is valid."""
        given = self.cleaned_data
        label = str(dict(REASONS)[given["reason"]])
        return Asked(
            first_day=given["first_day"],
            last_day=given["last_day"] or given["first_day"],
            activities=given["activities"],
            reason=f"{label}\u00a0: {given['words']}" if given["words"] else label,
        )


class NotedAbsenceForm(AbsenceForm):
    """The same, noted by an agent for a family that telephones."""

    accepted = forms.BooleanField(
        label=_("Accepter cette absence dès maintenant"),
        required=False,
        help_text=_("Sinon, elle attend avec les autres absences à examiner."),
    )


class AnswerForm(forms.Form):
    """An agent's answer; a refusal says why."""

    state = forms.ChoiceField(
        choices=[(Absence.State.ACCEPTED, ""), (Absence.State.REFUSED, "")],
        error_messages={
            "required": _("Acceptez ou refusez cette absence."),
            "invalid_choice": _("Acceptez ou refusez cette absence."),
        },
    )
    words = forms.CharField(
        label=_("Réponse à la famille"),
        help_text=_("La famille la lit dans l'e-mail et sur sa page. Obligatoire pour un refus."),
        max_length=200,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    seen = forms.CharField(max_length=9, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("state") == Absence.State.REFUSED and not given.get("words") and "words" not in self.errors:
            self.add_error("words", _("Écrivez à la famille pourquoi cette absence est refusée."))
        return given
