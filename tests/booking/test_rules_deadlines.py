"""Deadlines as instants: every expected instant is written in UTC, worked out by hand from a French calendar."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.calendar import THURSDAY, SchoolCalendar
from booking.rules.deadlines import (
    Action,
    Closed,
    Closing,
    DayKind,
    DaysBefore,
    DeadlineRule,
    FixedDate,
    FixedOpening,
    OnHoliday,
    Open,
    Opening,
    Rolling,
    SameDay,
    TooEarly,
    Verdict,
    Weekly,
    WithoutSchool,
    Wording,
    deadline,
    describe,
    instant,
    judge,
    opening,
)
from booking.rules.weeks import Week, days_of

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
GUADELOUPE = ZoneInfo("America/Guadeloupe")
NOUMEA = ZoneInfo("Pacific/Noumea")
ZONES = [PARIS, REUNION, GUADELOUPE, NOUMEA]

NO_HOLIDAYS = SchoolCalendar()
ZONE_C = SchoolCalendar(
    public_holidays=frozenset(
        {
            date(2014, 11, 1),
            date(2014, 11, 11),
            date(2014, 12, 25),
            date(2015, 1, 1),
            date(2015, 4, 6),
            date(2015, 5, 1),
            date(2015, 5, 8),
            date(2015, 5, 14),
        }
    ),
    vacations=(
        (date(2014, 10, 18), date(2014, 11, 2)),
        (date(2014, 12, 20), date(2015, 1, 4)),
        (date(2015, 7, 4), date(2015, 8, 31)),
    ),
)

THURSDAY_17H = Weekly(weekday=THURSDAY, at=time(17))
EVE_17H = DaysBefore(days=1, at=time(17))
ROLLING = Rolling()
MILLISECOND = timedelta(milliseconds=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def closes(closing: Closing, day: date, *, calendar: SchoolCalendar = ZONE_C, zone: ZoneInfo = PARIS) -> datetime:
    return deadline(closing, day=day, calendar=calendar, zone=zone)


def verdict(
    received_at: datetime, day: date, *, action: Action = Action.BOOK, opens: Opening = ROLLING, closing: Closing
) -> Verdict:
    rule = DeadlineRule(book=closing, cancel=closing, opening=opens)
    return judge(action=action, day=day, rule=rule, calendar=ZONE_C, zone=PARIS, received_at=received_at)


class TestTheThursdayBefore:
    """Buchelay: the choices of a week can be changed until the Thursday before it, 17:00."""

    MONDAY_13_OCTOBER = date(2014, 10, 13)

    def test_passes_at_16h59_59_999(self) -> None:
        received_at = utc("2014-10-09T15:00:00") - MILLISECOND

        found = verdict(received_at, self.MONDAY_13_OCTOBER, closing=THURSDAY_17H)

        assert found == Open(closes_at=utc("2014-10-09T15:00:00"))

    @pytest.mark.parametrize("action", Action)
    def test_refuses_at_17h_sharp(self, action: Action) -> None:
        found = verdict(utc("2014-10-09T15:00:00"), self.MONDAY_13_OCTOBER, action=action, closing=THURSDAY_17H)

        assert found == Closed(closed_at=utc("2014-10-09T15:00:00"))

    def test_closes_the_seven_days_of_the_week_together(self) -> None:
        week = Week.parse("2014-W42")

        assert {closes(THURSDAY_17H, day) for day in days_of(week)} == {utc("2014-10-09T15:00:00")}

    @pytest.mark.parametrize("zone", ZONES, ids=str)
    @settings(max_examples=40, deadline=None)
    @given(day=st.dates(date(2010, 1, 11), date(2040, 12, 20)))
    def test_is_a_thursday_at_17h_on_every_wall_all_year_round(self, zone: ZoneInfo, day: date) -> None:
        on_the_wall = closes(THURSDAY_17H, day, calendar=NO_HOLIDAYS, zone=zone).astimezone(zone)

        assert (on_the_wall.weekday(), on_the_wall.time()) == (THURSDAY, time(17))
        assert Week.of(on_the_wall.date()).next == Week.of(day)

    def test_may_be_two_weeks_ahead_or_in_the_week_itself(self) -> None:
        two_weeks = Weekly(weekday=THURSDAY, at=time(17), weeks_before=2)
        same_week = Weekly(weekday=0, at=time(8), weeks_before=0)

        assert closes(two_weeks, date(2014, 10, 13)) == utc("2014-10-02T15:00:00")
        assert closes(same_week, date(2014, 10, 16)) == utc("2014-10-13T06:00:00")

    def test_never_leaves_a_day_open_once_it_has_begun(self) -> None:
        thursday_of_the_week = Weekly(weekday=THURSDAY, at=time(17), weeks_before=0)

        assert closes(thursday_of_the_week, date(2014, 10, 14)) == utc("2014-10-13T22:00:00")
        assert closes(thursday_of_the_week, date(2014, 10, 16)) == utc("2014-10-15T22:00:00")
        assert closes(thursday_of_the_week, date(2014, 10, 17)) == utc("2014-10-16T15:00:00")


class TestTurnsOfYears:
    @pytest.mark.parametrize(
        ("week", "closes_at"),
        [
            ("2015-W52", "2015-12-17T16:00:00"),
            ("2015-W53", "2015-12-24T16:00:00"),
            ("2016-W01", "2015-12-31T16:00:00"),
            ("2016-W02", "2016-01-07T16:00:00"),
            ("2014-W52", "2014-12-18T16:00:00"),
        ],
    )
    def test_weeks_52_53_and_1_close_on_the_thursday_before(self, week: str, closes_at: str) -> None:
        for day in days_of(Week.parse(week)):
            assert closes(THURSDAY_17H, day, calendar=NO_HOLIDAYS) == utc(closes_at)

    @pytest.mark.parametrize(
        ("choice", "closes_at"),
        [
            (OnHoliday.KEPT, "2014-12-25T16:00:00"),
            (OnHoliday.WORKING_DAY_BEFORE, "2014-12-24T16:00:00"),
            (OnHoliday.WORKING_DAY_AFTER, "2014-12-26T16:00:00"),
        ],
    )
    def test_week_1_of_2015_would_close_at_christmas(self, choice: OnHoliday, closes_at: str) -> None:
        closing = Weekly(weekday=THURSDAY, at=time(17), on_holiday=choice)

        assert closes(closing, date(2014, 12, 29)) == utc(closes_at)


class TestClockChanges:
    """Paris: 26/10/2014 has two hours from 2 to 3, 29/03/2015 has none."""

    @pytest.mark.parametrize(
        ("monday", "closes_at"),
        [
            (date(2014, 10, 27), "2014-10-23T15:00:00"),
            (date(2014, 11, 3), "2014-10-30T16:00:00"),
            (date(2015, 3, 30), "2015-03-26T16:00:00"),
            (date(2015, 4, 6), "2015-04-02T15:00:00"),
        ],
    )
    def test_thursday_17h_follows_the_wall(self, monday: date, closes_at: str) -> None:
        assert closes(THURSDAY_17H, monday) == utc(closes_at)

    @pytest.mark.parametrize(
        ("day", "closes_at"),
        [
            (date(2014, 10, 26), "2014-10-25T15:00:00"),
            (date(2014, 10, 27), "2014-10-26T16:00:00"),
            (date(2015, 3, 29), "2015-03-28T16:00:00"),
            (date(2015, 3, 30), "2015-03-29T15:00:00"),
        ],
    )
    def test_the_eve_at_17h_is_23_or_25_hours_after_the_one_before(self, day: date, closes_at: str) -> None:
        assert closes(EVE_17H, day) == utc(closes_at)

    def test_an_hour_shown_twice_is_the_first(self) -> None:
        assert instant(date(2014, 10, 26), time(2, 30), PARIS) == utc("2014-10-26T00:30:00")

    def test_an_hour_never_shown_is_as_far_after_the_change(self) -> None:
        assert instant(date(2015, 3, 29), time(2, 30), PARIS) == utc("2015-03-29T01:30:00")

    def test_the_second_half_past_two_is_after_a_quarter_to_three(self) -> None:
        until_a_quarter_to_three = SameDay(at=time(2, 45))
        second_half_past_two = datetime(2014, 10, 26, 2, 30, fold=1, tzinfo=PARIS)

        found = verdict(second_half_past_two, date(2014, 10, 26), closing=until_a_quarter_to_three)

        assert found == Closed(closed_at=utc("2014-10-26T00:45:00"))

    @settings(max_examples=60, deadline=None)
    @given(day=st.sampled_from([date(2014, 10, 26), date(2015, 3, 29)]), minutes=st.integers(0, 24 * 60 - 1))
    def test_the_wall_shows_the_hour_asked_or_an_hour_later_where_it_is_skipped(self, day: date, minutes: int) -> None:
        asked = datetime.combine(day, time(minutes // 60, minutes % 60))
        skipped = datetime(2015, 3, 29, 2) <= asked < datetime(2015, 3, 29, 3)

        shown = instant(asked.date(), asked.time(), PARIS).astimezone(PARIS).replace(tzinfo=None)

        assert shown == asked + timedelta(hours=1 if skipped else 0)


class TestOverseas:
    @pytest.mark.parametrize(
        ("zone", "closes_at"),
        [
            (REUNION, "2014-10-09T13:00:00"),
            (GUADELOUPE, "2014-10-09T21:00:00"),
            (NOUMEA, "2014-10-09T06:00:00"),
        ],
        ids=str,
    )
    def test_17h_is_that_of_the_commune(self, zone: ZoneInfo, closes_at: str) -> None:
        rule = DeadlineRule(book=THURSDAY_17H, cancel=THURSDAY_17H)

        for received_at, expected in [
            (utc(closes_at) - MILLISECOND, Open(closes_at=utc(closes_at))),
            (utc(closes_at), Closed(closed_at=utc(closes_at))),
        ]:
            found = judge(
                action=Action.CANCEL,
                day=date(2014, 10, 13),
                rule=rule,
                calendar=ZONE_C,
                zone=zone,
                received_at=received_at,
            )
            assert found == expected

    @pytest.mark.parametrize("monday", [date(2014, 10, 27), date(2014, 11, 3), date(2015, 3, 30), date(2015, 4, 6)])
    def test_no_clock_changes_there(self, monday: date) -> None:
        hours = {zone: closes(THURSDAY_17H, monday, zone=zone).hour for zone in (REUNION, GUADELOUPE, NOUMEA)}

        assert hours == {REUNION: 13, GUADELOUPE: 21, NOUMEA: 6}

    def test_a_day_begins_with_the_commune_not_with_greenwich(self) -> None:
        monday = date(2014, 10, 13)

        assert opening(Rolling(weeks=1), day=monday, zone=NOUMEA) == utc("2014-10-05T13:00:00")
        assert opening(Rolling(weeks=1), day=monday, zone=GUADELOUPE) == utc("2014-10-06T04:00:00")


class TestPublicHolidays:
    @pytest.mark.parametrize(
        ("choice", "closes_at"),
        [
            (OnHoliday.KEPT, "2014-11-11T16:00:00"),
            (OnHoliday.WORKING_DAY_BEFORE, "2014-11-10T16:00:00"),
            (OnHoliday.WORKING_DAY_AFTER, "2014-11-11T23:00:00"),  # the 12th itself: over as the day begins
        ],
    )
    def test_the_eve_of_12_november_is_a_holiday(self, choice: OnHoliday, closes_at: str) -> None:
        closing = DaysBefore(days=1, at=time(17), on_holiday=choice)

        assert closes(closing, date(2014, 11, 12)) == utc(closes_at)

    def test_the_working_day_before_is_the_default(self) -> None:
        ascension_week = date(2015, 5, 18)

        assert closes(THURSDAY_17H, ascension_week) == utc("2015-05-13T15:00:00")

    def test_an_ordinary_sunday_is_no_holiday(self) -> None:
        assert closes(EVE_17H, date(2014, 10, 13)) == utc("2014-10-12T15:00:00")


class TestAWeekWithoutSchool:
    LAST_OF_SCHOOL = Weekly(weekday=THURSDAY, at=time(17), without_school=WithoutSchool.LAST_OF_SCHOOL)

    def test_the_deadline_may_be_kept(self) -> None:
        assert closes(THURSDAY_17H, date(2014, 11, 3)) == utc("2014-10-30T16:00:00")

    @pytest.mark.parametrize(
        ("day", "closes_at"),
        [
            (date(2014, 10, 20), "2014-10-16T15:00:00"),
            (date(2014, 10, 27), "2014-10-16T15:00:00"),
            (date(2014, 11, 3), "2014-10-16T15:00:00"),
            (date(2014, 11, 10), "2014-11-06T16:00:00"),
            (date(2015, 1, 5), "2014-12-18T16:00:00"),
            (date(2015, 9, 1), "2015-07-02T15:00:00"),
        ],
    )
    def test_or_it_may_be_the_last_thursday_of_school(self, day: date, closes_at: str) -> None:
        assert closes(self.LAST_OF_SCHOOL, day) == utc(closes_at)

    def test_a_week_with_some_school_keeps_its_deadline(self) -> None:
        monday = Weekly(weekday=0, at=time(17), without_school=WithoutSchool.LAST_OF_SCHOOL)

        assert closes(monday, date(2015, 9, 7)) == utc("2015-08-31T15:00:00")

    def test_the_last_wednesday_of_school_counts_though_it_has_no_class(self) -> None:
        wednesday = Weekly(weekday=2, at=time(12), without_school=WithoutSchool.LAST_OF_SCHOOL)

        assert closes(wednesday, date(2014, 11, 3)) == utc("2014-10-15T10:00:00")


class TestDaysBefore:
    @pytest.mark.parametrize(
        ("days", "kind", "day", "closes_at"),
        [
            (1, DayKind.CALENDAR, date(2014, 10, 13), "2014-10-12T15:00:00"),
            (2, DayKind.CALENDAR, date(2014, 10, 13), "2014-10-11T15:00:00"),
            (1, DayKind.WORKING, date(2014, 10, 13), "2014-10-10T15:00:00"),
            (2, DayKind.WORKING, date(2014, 10, 13), "2014-10-09T15:00:00"),
            (1, DayKind.WORKING, date(2014, 11, 12), "2014-11-10T16:00:00"),
            (2, DayKind.WORKING, date(2014, 11, 12), "2014-11-07T16:00:00"),
            (1, DayKind.SCHOOL, date(2014, 10, 16), "2014-10-14T15:00:00"),
            (1, DayKind.SCHOOL, date(2014, 11, 3), "2014-10-17T15:00:00"),
            (3, DayKind.SCHOOL, date(2014, 11, 3), "2014-10-14T15:00:00"),
        ],
    )
    def test_counts_calendar_working_or_school_days(self, days: int, kind: DayKind, day: date, closes_at: str) -> None:
        assert closes(DaysBefore(days=days, at=time(17), kind=kind), day) == utc(closes_at)

    @settings(max_examples=60, deadline=None)
    @given(
        day=st.dates(date(2014, 9, 1), date(2015, 12, 31)),
        days=st.integers(1, 15),
        kind=st.sampled_from([DayKind.WORKING, DayKind.SCHOOL]),
    )
    def test_exactly_that_many_counted_days_lie_from_the_deadline_to_the_day(
        self, day: date, days: int, kind: DayKind
    ) -> None:
        counts = ZONE_C.is_working_day if kind is DayKind.WORKING else ZONE_C.is_school_day

        found = closes(DaysBefore(days=days, at=time(17), kind=kind), day).astimezone(PARIS).date()

        between = [found + timedelta(days=n) for n in range((day - found).days)]
        assert counts(found)
        assert sum(map(counts, between)) == days


class TestSameDayAndFixedDate:
    def test_the_same_day_is_open_until_its_hour(self) -> None:
        until_9h = SameDay(at=time(9))
        day = date(2014, 10, 16)

        assert verdict(utc("2014-10-16T06:59:59.999"), day, closing=until_9h) == Open(
            closes_at=utc("2014-10-16T07:00:00")
        )
        assert isinstance(verdict(utc("2014-10-16T07:00:00"), day, closing=until_9h), Closed)

    def test_a_fixed_date_closes_the_whole_summer_at_once(self) -> None:
        until_15_june = FixedDate(day=date(2015, 6, 15), at=time(23, 59))

        assert {closes(until_15_june, date(2015, 7, day)) for day in range(6, 32)} == {utc("2015-06-15T21:59:00")}

    def test_no_holiday_moves_a_fixed_date(self) -> None:
        assert closes(FixedDate(day=date(2015, 5, 14), at=time(12)), date(2015, 7, 6)) == utc("2015-05-14T10:00:00")

    def test_a_fixed_date_leaves_no_day_open_behind_it(self) -> None:
        assert closes(FixedDate(day=date(2015, 6, 15), at=time(23, 59)), date(2015, 6, 1)) == utc("2015-05-31T22:00:00")


class TestOpening:
    DAY = date(2014, 12, 15)
    OPENS_AT = utc("2014-09-14T22:00:00")  # Monday 15/09 at 00:00, in summer time

    def test_a_day_opens_13_weeks_before_at_midnight(self) -> None:
        assert verdict(self.OPENS_AT - MILLISECOND, self.DAY, closing=EVE_17H) == TooEarly(opens_at=self.OPENS_AT)
        assert isinstance(verdict(self.OPENS_AT, self.DAY, closing=EVE_17H), Open)

    def test_cancelling_has_no_opening(self) -> None:
        early = self.OPENS_AT - timedelta(weeks=10)

        assert isinstance(verdict(early, self.DAY, action=Action.CANCEL, closing=EVE_17H), Open)

    def test_everything_may_open_on_one_date(self) -> None:
        opens = FixedOpening(day=date(2015, 5, 4), at=time(8))

        for received_at, expected in [
            (utc("2015-05-04T05:59:59.999"), TooEarly(opens_at=utc("2015-05-04T06:00:00"))),
            (utc("2015-05-04T06:00:00"), Open(closes_at=utc("2015-07-05T15:00:00"))),
        ]:
            assert verdict(received_at, date(2015, 7, 6), opens=opens, closing=EVE_17H) == expected

    def test_a_day_that_closes_before_it_opens_is_closed(self) -> None:
        opens = FixedOpening(day=date(2015, 7, 10))

        assert isinstance(verdict(utc("2015-06-01T10:00:00"), date(2015, 7, 6), opens=opens, closing=EVE_17H), Closed)


CLOSINGS = [THURSDAY_17H, EVE_17H, SameDay(at=time(9)), FixedDate(day=date(2015, 6, 15), at=time(23, 59))]


class TestEveryRule:
    @settings(max_examples=80, deadline=None)
    @given(
        closing=st.sampled_from(CLOSINGS),
        day=st.dates(date(2014, 9, 1), date(2015, 12, 31)),
        zone=st.sampled_from(ZONES),
        action=st.sampled_from(Action),
        received_at=st.datetimes(datetime(2014, 6, 1), datetime(2016, 1, 1), timezones=st.just(UTC)),
    )
    def test_is_open_from_the_opening_to_the_deadline(
        self, closing: Closing, day: date, zone: ZoneInfo, action: Action, received_at: datetime
    ) -> None:
        rule = DeadlineRule(book=closing, cancel=closing)
        opens_at = opening(rule.opening, day=day, zone=zone)
        closes_at = deadline(closing, day=day, calendar=ZONE_C, zone=zone)

        found = judge(action=action, day=day, rule=rule, calendar=ZONE_C, zone=zone, received_at=received_at)

        in_time = received_at < closes_at and (action is Action.CANCEL or opens_at <= received_at)
        assert isinstance(found, Open) == in_time

    @settings(max_examples=60, deadline=None)
    @given(
        received_at=st.datetimes(datetime(2014, 10, 1), datetime(2014, 11, 15), timezones=st.just(UTC)),
        hours=st.integers(-12, 14),
    )
    def test_judges_an_instant_whatever_zone_it_is_written_in(self, received_at: datetime, hours: int) -> None:
        elsewhere = received_at.astimezone(timezone(timedelta(hours=hours)))
        day = date(2014, 10, 27)

        assert verdict(elsewhere, day, closing=EVE_17H) == verdict(received_at, day, closing=EVE_17H)

    def test_refuses_a_moment_without_zone(self) -> None:
        with pytest.raises(ValueError, match="aware"):
            verdict(datetime(2014, 10, 9, 17), date(2014, 10, 13), closing=THURSDAY_17H)

    @pytest.mark.parametrize(("action", "expected"), [(Action.BOOK, Closed), (Action.CANCEL, Open)])
    def test_books_and_cancels_apart(self, action: Action, expected: type[Verdict]) -> None:
        rule = DeadlineRule(book=THURSDAY_17H, cancel=SameDay(at=time(9)))
        friday = utc("2014-10-10T10:00:00")

        found = judge(action=action, day=date(2014, 10, 13), rule=rule, calendar=ZONE_C, zone=PARIS, received_at=friday)

        assert isinstance(found, expected)


@pytest.mark.parametrize(
    ("closing", "wording"),
    [
        (THURSDAY_17H, Wording.WEEK),
        (EVE_17H, Wording.DAYS_BEFORE),
        (SameDay(at=time(9)), Wording.SAME_DAY),
        (FixedDate(day=date(2015, 6, 15), at=time(23, 59)), Wording.DATE),
    ],
)
def test_each_rule_has_its_sentence(closing: Closing, wording: Wording) -> None:
    found = describe(closing)

    assert (found.wording, found.at) == (wording, closing.at)


def test_a_sentence_has_the_facts_it_needs() -> None:
    two_working_days = describe(DaysBefore(days=2, at=time(17), kind=DayKind.WORKING))
    summer = describe(FixedDate(day=date(2015, 6, 15), at=time(23, 59)))

    assert (two_working_days.days, two_working_days.kind) == (2, DayKind.WORKING)
    assert summer.day == date(2015, 6, 15)
