"""Families at the counter: entering, changing, moving, sharing, with what is written and who is refused."""

from datetime import date, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from booking.models import Booking, ServiceDay
from lps.accounts.roles import Role
from lps.families import phones
from lps.families.models import (
    Child,
    Contact,
    Custody,
    Enrollment,
    Guardian,
    HealthNote,
    Household,
    SchoolClass,
    SchoolYear,
    Site,
)
from lps.families.queries.children import children_of
from lps.families.queries.households import emails_of
from lps.families.services import share_child
from lps.journal.channels import Channel
from lps.journal.models import AuditEntry
from lps.kernel import clock
from notifications import queries as notifications
from notifications.models import FACTS_PURPOSE, OutboxMessage
from notifications.services import prove_address
from tenants import context, keys
from tenants.models import Commune
from tests.families.agents import signed_in
from tests.families.conftest import NOON
from tests.families.factories import BY, child_of, household
from tests.zone import in_days

NEW = {
    "last_name": "TCHERNO", "first_name": "Éloïse", "birth_date": "2019-06-21", "guardian_first_name": "Irina",
    "phone": "06 12 34 56 78", "email": "irina@example.org", "street": "3 rue du Val", "postal_code": "78200",
    "city": "Buchelay",
}  # fmt: skip


@pytest.fixture
def today(in_demo: Commune) -> date:
    return clock.today(in_demo.zone)


@pytest.fixture
def classes(today: date) -> list[SchoolClass]:
    """Two classes of the demonstration's year, in two schools."""
    year = SchoolYear.objects.get(during__contains=today)
    made = []
    for name in ("Les Lilas", "Les Roses"):
        site = Site.objects.create(name=name)
        made.append(SchoolClass.objects.create(name="CE1", level="CE1", site=site, school_year=year))
    return made


@pytest.fixture
def seated(martin: Household, classes: list[SchoolClass], today: date) -> Child:
    """Léa MARTIN, in the first of these classes since the start of the year."""
    child = child_of(martin)
    Enrollment.objects.filter(child=child).update(school_class=classes[0], valid_during=classes[0].school_year.during)
    return child


def last_entry(action: str) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).order_by("-pk")[0]


def of(home: Household, *rest: object) -> str:
    return "/".join(["/mairie/familles", str(home.pk), *map(str, rest), ""])


def test_a_family_is_entered_with_its_codes(demo: Commune, classes: list[SchoolClass], today: date) -> None:
    client = signed_in(demo, Role.CASH_OFFICE)

    answer = client.post("/mairie/familles/nouvelle/", {**NEW, "school_class": classes[0].pk})

    home = Household.objects.get(name="TCHERNO")
    assert answer.headers["Location"] == f"{of(home)}?fait=cree"
    guardian, child = home.guardians.get(), child_of(home)
    assert (guardian.last_name, guardian.phone, guardian.is_payer) == ("TCHERNO", "+33612345678", True)
    assert child.enrollments.get().valid_during == DateRange(today, classes[0].school_year.during.upper)
    assert home.family_code.isdigit() and child.child_code.isdigit()
    assert "ses codes sont prêts" in client.get(answer.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    "same",
    [
        {"last_name": "Tcherno", "first_name": "eloise"},
        {"first_name": "Élo", "birth_date": "2019-06-21"},
        {"last_name": "AUTRE", "first_name": "Zoé", "email": "IRINA@example.org"},
        {"last_name": "AUTRE", "first_name": "Zoé", "phone": "+33612345678", "email": ""},
    ],
)
def test_who_may_be_the_same_is_proposed_first(demo: Commune, in_demo: Commune, same: dict[str, str]) -> None:
    client = signed_in(demo)
    client.post("/mairie/familles/nouvelle/", NEW)
    again = {**NEW, "guardian_first_name": "Olga", "phone": "", "birth_date": "", "email": "", **same}

    page = client.post("/mairie/familles/nouvelle/", again)

    assert page.status_code == 200 and "Existe déjà ?" in page.content.decode()
    assert Household.objects.filter(name="TCHERNO").count() == 1
    assert client.post("/mairie/familles/nouvelle/", {**again, "existe": "non"}).status_code == 302


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("first_name", "", "Écrivez ce prénom."),
        ("first_name", "x" * 61, "60"),
        ("first_name", "a\0b", "caractère"),
        ("birth_date", "31/02/2019", "Ce jour n'existe pas"),
        ("birth_date", "0001-01-01", "ne peut pas être celle d'un enfant"),
        ("birth_date", "2199-01-01", "ne peut pas être celle d'un enfant"),
        ("phone", "12", "numéro de téléphone"),
        ("email", "irina@", "adresse e-mail"),
        ("school_class", "999999999999999999999", "Choisissez une classe"),
        ("school_class", "\0", "Choisissez une classe"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_created(
    demo: Commune, in_demo: Commune, field: str, typed: str, said: str
) -> None:
    page = signed_in(demo).post("/mairie/familles/nouvelle/", {**NEW, field: typed})

    assert page.status_code == 400
    assert said in page.content.decode().replace("&#x27;", "'")
    assert not Household.objects.filter(name="TCHERNO").exists()


@pytest.mark.parametrize("role", [Role.ACTIVITIES, Role.CANTEEN, Role.READ_ONLY])
def test_who_only_reads_changes_nothing(demo: Commune, martin: Household, role: Role) -> None:
    client, child = signed_in(demo, role), child_of(martin)
    before = AuditEntry.objects.exclude(action="sign_in").count()

    for path in ("modifier", "representants/nouveau", "enfants/nouveau", f"enfants/{child.pk}/classe", "codes/changer"):
        assert client.post(of(martin, path), NEW).status_code == 403

    page = client.get(of(martin)).content.decode()
    assert "Ajouter un enfant" not in page and martin.family_code not in page
    assert AuditEntry.objects.exclude(action="sign_in").count() == before


def test_an_agent_of_a_school_changes_its_children_alone(
    demo: Commune, martin: Household, seated: Child, classes: list[SchoolClass]
) -> None:
    here, there = (signed_in(demo, sites=[one.site_id]) for one in classes)
    hugo = Child.objects.get(first_name="Hugo", custodies__household=martin)
    words = {"first_name": "Léa", "last_name": "MARTIN-DUPONT"}

    assert there.post(of(martin, "enfants", seated.pk, "modifier"), words).status_code == 404
    assert here.post(of(martin, "enfants", hugo.pk, "modifier"), words).status_code == 404
    assert here.get(of(martin)).status_code == 200
    assert here.post(of(martin, "enfants", seated.pk, "modifier"), words).status_code == 302
    away = {"school_class": classes[1].pk, "since": "2199-01-01"}
    assert here.post(of(martin, "enfants", seated.pk, "classe"), away).status_code == 400
    assert here.post(of(martin, "enfants/nouveau"), {"last_name": "A", "first_name": "B"}).status_code == 400


def test_an_address_that_an_agent_replaces_is_no_longer_used_and_told(demo: Commune, martin: Household) -> None:
    guardian = martin.guardians.get()
    prove_address(holder=martin.holder, value=guardian.email, consent="v1", by=BY, channel=Channel.WEB)
    words = {"first_name": "Alice", "last_name": "MARTIN", "email": "nouvelle@example.org", "is_payer": "on"}

    assert signed_in(demo).post(of(martin, "representants", guardian.pk), words).status_code == 302

    assert not notifications.addresses_of(martin.holder)
    [message] = OutboxMessage.objects.filter(template="families/emails/email_changed")
    assert "MARTIN" in keys.decrypt(message.facts, purpose=FACTS_PURPOSE)
    entry = last_entry("guardian_changed")
    assert entry.before["email"] == "Alice.Martin@example.org" and entry.after["email"] == "nouvelle@example.org"
    assert emails_of(martin) == ["nouvelle@example.org"]


def test_a_family_has_one_payer_always(demo: Commune, martin: Household) -> None:
    client, alice = signed_in(demo), martin.guardians.get()
    words = {"first_name": "Alice", "last_name": "MARTIN"}

    page = client.post(of(martin, "representants", alice.pk), words)
    assert page.status_code == 400 and "toujours un payeur" in page.content.decode()
    assert client.post(of(martin, "representants", alice.pk, "retirer")).headers["Location"].endswith("=payeur")
    client.post(of(martin, "representants/nouveau"), {"first_name": "Bob", "last_name": "MARTIN", "is_payer": "on"})
    assert client.post(of(martin, "representants", alice.pk, "retirer")).headers["Location"].endswith("=retire")

    assert [str(one) for one in Guardian.objects.filter(household=martin, is_payer=True)] == ["Bob MARTIN"]


def test_a_move_is_shown_first_then_done_with_its_bookings(
    demo: Commune, martin: Household, seated: Child, classes: list[SchoolClass], today: date
) -> None:
    client, since = signed_in(demo), in_days(10)
    activity = ServiceDay.objects.order_by("pk")[0].activity
    held = ServiceDay.objects.create(activity=activity, site=classes[0].site, day=since)
    booking = Booking.objects.create(
        child=seated, activity=activity, service_day=held, day=held.day, household=martin, booked_at=NOON
    )
    path, words = of(martin, "enfants", seated.pk, "classe"), {"school_class": classes[1].pk, "since": str(since)}

    preview = client.post(path, words)
    booking.refresh_from_db()
    assert preview.status_code == 200 and "1 réservation sera annulée" in preview.content.decode()
    assert booking.canceled_at is None and Enrollment.objects.filter(child=seated).count() == 1

    assert client.post(path, {**words, "confirme": "1"}).status_code == 302
    booking.refresh_from_db()
    assert booking.canceled_at is not None
    seats = Enrollment.objects.filter(child=seated).order_by("valid_during")
    year = classes[0].school_year.during
    assert [(seat.school_class, seat.valid_during) for seat in seats] == [
        (classes[0], DateRange(year.lower, since)),
        (classes[1], DateRange(since, year.upper)),
    ]
    assert last_entry("child_moved").after == {"school_class": classes[1].pk, "from": str(since)}

    again = client.post(path, {**words, "confirme": "1"})
    assert again.status_code == 400 and "déjà dans cette classe" in again.content.decode()


@pytest.mark.parametrize(("days", "said"), [(-1, "Ce jour est passé"), (4000, "existe plus ce jour-là")])
def test_a_move_that_cannot_be_changes_nothing(
    demo: Commune, martin: Household, seated: Child, classes: list[SchoolClass], today: date, days: int, said: str
) -> None:
    words = {"school_class": classes[1].pk, "since": str(today + timedelta(days=days)), "confirme": "1"}

    page = signed_in(demo).post(of(martin, "enfants", seated.pk, "classe"), words)

    assert page.status_code == 400 and said in page.content.decode()
    assert Enrollment.objects.get(child=seated).school_class == classes[0]


def test_a_second_household_has_the_child_too_until_its_end(
    demo: Commune, martin: Household, stranger: Household, seated: Child, today: date
) -> None:
    client, path = signed_in(demo), of(martin, "enfants", seated.pk, "garde")
    found = client.get(f"{path}?q=autre").content.decode()
    assert f"?foyer={stranger.pk}" in found

    assert client.post(path, {"foyer": stranger.pk, "since": str(today)}).status_code == 302
    assert client.post(path, {"foyer": stranger.pk, "since": str(today)}).status_code == 400
    assert "Garde partagée" in client.get(of(martin)).content.decode()

    assert client.post(of(stranger, "enfants", seated.pk, "garde/fin"), {"last_day": str(today)}).status_code == 302
    ended = Custody.objects.get(child=seated, household=stranger)
    assert ended.valid_during == DateRange(today, today + timedelta(days=1))
    alone = client.post(of(martin, "enfants", seated.pk, "garde/fin"), {"last_day": str(today)})
    assert alone.status_code == 400 and "Plus aucune famille" in alone.content.decode()


def test_the_end_of_a_custody_says_first_how_many_bookings_it_cancels(
    demo: Commune, stranger: Household, seated: Child, today: date, in_demo: Commune
) -> None:
    share_child(child=seated, household=stranger, custody=DateRange(today, None), by=BY, channel=Channel.OFFICE)
    held = ServiceDay.objects.filter(open=True, day__gt=today).order_by("day", "pk")[0]
    Booking.of(child_id=seated.pk, household_id=stranger.pk, service_day=held, booked_at=clock.now()).save()
    path, client = of(stranger, "enfants", seated.pk, "garde/fin"), signed_in(demo)

    page = client.post(path, {"last_day": str(today)}).content.decode()
    assert "1 réservation de cette famille sera annulée" in page and "Rien n'est encore fait" in page
    assert Booking.objects.standing().filter(household=stranger).exists()

    assert client.post(path, {"last_day": str(today), "confirme": "1"}).status_code == 302
    assert not Booking.objects.standing().filter(household=stranger).exists()


def test_the_other_household_can_be_entered(demo: Commune, martin: Household, seated: Child, today: date) -> None:
    words = {"guardian_first_name": "Paul", "guardian_last_name": "DURAND", "since": str(today)}

    assert signed_in(demo).post(of(martin, "enfants", seated.pk, "garde/nouveau-foyer"), words).status_code == 302

    other = Household.objects.get(name="DURAND")
    assert [one.child for one in children_of(household=other, day=today)] == [seated]


def test_a_child_entered_twice_is_taken_away(demo: Commune, martin: Household, seated: Child) -> None:
    client, kept = signed_in(demo), seated
    words = {"last_name": "MARTIN", "first_name": "Lea", "school_class": seated.enrollments.get().school_class_id}
    client.post(of(martin, "enfants", "nouveau"), {**words, "existe": "1"})
    twin = Child.objects.latest("pk")
    assert twin.first_name == "Lea"
    way = of(martin, "enfants", twin.pk, "retirer")

    assert way in client.get(of(martin, "enfants", twin.pk, "modifier")).content.decode()
    done = client.post(way)

    assert done.status_code == 302
    assert "est retiré de la famille" in client.get(done.headers["Location"]).content.decode()
    assert not Child.objects.filter(pk=twin.pk).exists()
    assert Child.objects.filter(pk=kept.pk).exists()
    assert last_entry("child_removed").subject == f"child:{twin.pk}"
    assert client.post(way).status_code == 404


@pytest.mark.parametrize("what", ["booking", "contact", "health", "other home"])
def test_a_child_of_whom_something_is_kept_stays(
    demo: Commune, martin: Household, stranger: Household, seated: Child, today: date, what: str
) -> None:
    match what:
        case "booking":
            held = ServiceDay.objects.filter(day__gt=today).order_by("day", "pk")[0]
            Booking.of(child_id=seated.pk, household_id=martin.pk, service_day=held, booked_at=NOON).save()
        case "contact":
            Contact.objects.create(child=seated, kind="authorized", name="Mamie Jo")
        case "health":
            HealthNote.objects.create(child=seated, kind="pai", words=b"x")
        case _:
            share_child(child=seated, household=stranger, custody=DateRange(today, None), by=BY, channel=Channel.OFFICE)
    client, tables = signed_in(demo), (Enrollment, Custody, AuditEntry)
    before = [model.objects.count() for model in tables]

    done = client.post(of(martin, "enfants", seated.pk, "retirer"))

    page = client.get(done.headers["Location"]).content.decode().replace("&#x27;", "'")
    assert "Rien n'a changé" in page and '<div class="note bad" role="alert"' in page
    assert [model.objects.count() for model in tables] == before
    assert Child.objects.filter(pk=seated.pk).exists()


def test_a_diet_is_a_fact_about_food(demo: Commune, martin: Household) -> None:
    client, child = signed_in(demo), child_of(martin)
    path, words = of(martin, "enfants", child.pk, "modifier"), {"first_name": "Léa", "last_name": "MARTIN"}

    page = client.post(path, {**words, "other_diet": "Halal"})
    assert page.status_code == 400 and "jamais une religion" in page.content.decode()
    assert client.post(path, {**words, "other_diet": "Sans Fruits à Coque"}).status_code == 302

    assert [diet.name for diet in child.diets.all()] == ["sans fruits à coque"]
    assert last_entry("child_changed").after == {"diets": ["sans fruits à coque"]}


def test_contacts_are_added_changed_and_removed(demo: Commune, martin: Household) -> None:
    client, child = signed_in(demo), child_of(martin)
    path = of(martin, "enfants", child.pk, "personnes")
    words = {"kind": "authorized", "name": "Mamie Jo", "phone": "+262 692 12 34 56"}

    client.post(f"{path}nouvelle/", words)
    contact = Contact.objects.get(child=child)
    assert contact.phone == "+262692123456"
    client.post(f"{path}{contact.pk}/", {**words, "kind": "forbidden"})
    assert "a pas le droit" in client.get(of(martin, "enfants", child.pk)).content.decode()
    client.post(f"{path}{contact.pk}/retirer/")

    assert not Contact.objects.filter(child=child).exists()
    actions = AuditEntry.objects.filter(action__startswith="contact_").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["contact_added", "contact_changed", "contact_removed"]


def test_health_is_sealed_and_each_reading_is_written(demo: Commune, martin: Household) -> None:
    school, activities, cash = (signed_in(demo, role) for role in (Role.SCHOOL, Role.ACTIVITIES, Role.CASH_OFFICE))
    child = child_of(martin)
    path = of(martin, "enfants", child.pk, "sante")

    school.post(path, {"kind": "allergy", "words": "Arachide : stylo dans le sac"})
    assert "Arachide" not in HealthNote.objects.get(child=child).words
    assert "Arachide" in activities.get(path).content.decode()
    assert cash.get(path).status_code == 403 and activities.post(path, {"kind": "pai", "words": "x"}).status_code == 200

    assert HealthNote.objects.filter(child=child).count() == 1
    assert AuditEntry.objects.filter(action="health_read", subject=f"child:{child.pk}").count() == 2
    assert "Arachide" not in str(list(AuditEntry.objects.values_list("before", "after")))
    assert "Arachide" not in cash.get(of(martin, "enfants", child.pk)).content.decode()


def test_codes_are_read_by_those_who_print_letters_and_it_is_written(demo: Commune, martin: Household) -> None:
    school, cash = signed_in(demo), signed_in(demo, Role.CASH_OFFICE)

    assert martin.family_code in school.get(of(martin, "codes")).content.decode()
    assert cash.get(of(martin, "codes")).status_code == 403
    assert martin.family_code not in school.get(of(martin)).content.decode()

    assert last_entry("codes_read").subject == martin.holder


def test_a_code_is_renewed_with_a_reason_and_the_letter_printed(demo: Commune, martin: Household) -> None:
    client, former = signed_in(demo), martin.family_code

    assert client.post(of(martin, "codes/changer"), {"reason": ""}).status_code == 400
    assert client.post(of(martin, "codes/changer"), {"reason": "lettre perdue"}).status_code == 302
    letter = client.post(of(martin, "codes/lettre"), follow=True)

    martin.refresh_from_db()
    assert martin.family_code != former and last_entry("family_code_renewed").after == {"reason": "lettre perdue"}
    assert letter.headers["Content-Type"] == "application/pdf" and letter.content.startswith(b"%PDF")
    assert last_entry("letters_read").subject.startswith("letters:")


def test_a_family_without_a_child_has_no_letter(demo: Commune, in_demo: Commune) -> None:
    alone = household(name="SEULE")

    page = signed_in(demo).post(of(alone, "codes/lettre"), follow=True)

    assert "aucun enfant" in page.content.decode()


def test_an_overseas_number_is_read_as_it_is_dialed_there() -> None:
    assert phones.clean("0692 12 34 56", region="RE") == "+262692123456"
    assert phones.clean("06 12 34 56 78", region="RE") == "+33612345678"
    assert phones.clean("40 12 34 56", region="PF") == "+68940123456"
    assert phones.shown("+33612345678", region="FR") == "06 12 34 56 78"


@pytest.mark.parametrize("role", [Role.ACTIVITIES, Role.SCHOOL, Role.ADMINISTRATOR])
def test_an_agent_kept_to_activities_alone_opens_no_family(
    demo: Commune, martin: Household, seated: Child, role: Role
) -> None:
    with context.use(demo):
        activity = ServiceDay.objects.filter(open=True).order_by("pk")[0].activity_id
    kept = signed_in(demo, role, activities=[activity])

    paths = ["/mairie/familles/", of(martin), "/mairie/familles/export/familles.csv"]
    assert {path: kept.get(path).status_code for path in paths} == dict.fromkeys(paths, 403)
    assert kept.get("/mairie/pointage/").status_code == 200
    assert "/mairie/familles/" not in kept.get("/mairie/").content.decode()
