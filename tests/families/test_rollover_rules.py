"""Who goes to which class: proposed by level and school, corrected class by class and child by child."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lps.families.rules.rollover import (
    LAST,
    LEAVES,
    NEXT_LEVEL,
    ClassFacts,
    Fate,
    Seat,
    count,
    destinations,
    fate,
    first_levels,
    name_rank,
    propose,
)

HERE, THERE = 1, 2
CP, CP_A, CE1, CE1_A, CE1_B, CM2, GS, ULIS = (
    ClassFacts(1, "CP", "CP", HERE),
    ClassFacts(2, "CP A", "CP", HERE),
    ClassFacts(11, "CE1", "CE1", HERE),
    ClassFacts(12, "CE1 A", "CE1", HERE),
    ClassFacts(13, "CE1 B", "CE1", HERE),
    ClassFacts(14, "CM2", "CM2", HERE),
    ClassFacts(15, "GS", "GS", THERE),
    ClassFacts(16, "ULIS", "ULIS", HERE),
)
LEVELS = first_levels(["GS", "CP", "CE1", "CM2", "ULIS"])


def test_each_level_has_a_next_one_and_the_last_leaves() -> None:
    assert LEVELS == {"GS": "CP", "CP": "CE1", "CE1": "CE2", "CM2": LAST}


def test_a_class_goes_up_in_its_school_and_the_last_leaves() -> None:
    assert propose([CP, CM2], [CE1, CM2], LEVELS) == {CP.pk: CE1.pk, CM2.pk: LEAVES}


def test_of_two_classes_the_one_of_the_same_letter_is_proposed_else_none() -> None:
    assert propose([CP_A, CP], [CE1_A, CE1_B], LEVELS) == {CP_A.pk: CE1_A.pk, CP.pk: None}


def test_the_last_class_of_a_nursery_school_goes_to_the_only_class_of_the_town() -> None:
    assert propose([GS], [CP, CE1], LEVELS) == {GS.pk: CP.pk}
    assert propose([GS], [CP, ClassFacts(3, "CP", "CP", 9)], LEVELS) == {GS.pk: None}


def test_nothing_is_proposed_for_a_level_that_nobody_knows() -> None:
    assert propose([ULIS], [CP, CE1], LEVELS) == {ULIS.pk: None}


def test_what_is_said_of_a_child_goes_before_what_is_said_of_its_class() -> None:
    seats = [Seat(100, CP.pk), Seat(101, CP.pk), Seat(102, ULIS.pk), Seat(103, CP.pk)]

    found = destinations(seats, classes={CP.pk: CE1.pk, ULIS.pk: None}, children={101: CP.pk, 103: LEAVES})

    assert found == {100: CE1.pk, 101: CP.pk, 102: None, 103: LEAVES}


def test_a_destination_is_a_fate() -> None:
    assert fate(old=CP, new=CE1, leaves=False) == Fate.UP
    assert fate(old=CP, new=CP_A, leaves=False) == Fate.REPEATS
    assert fate(old=GS, new=CP, leaves=False) == Fate.OTHER_SCHOOL
    assert fate(old=CM2, new=None, leaves=True) == Fate.LEAVES
    assert fate(old=CM2, new=None, leaves=False) == Fate.UNPLACED


@given(
    st.lists(st.sampled_from([CP, CP_A, GS, ULIS, CM2]), unique=True),
    st.lists(st.sampled_from([CE1, CE1_A, CE1_B, CM2, CP]), unique=True),
    st.dictionaries(st.integers(100, 120), st.sampled_from([LEAVES, CE1.pk, CP.pk])),
)
def test_every_child_has_one_fate_and_nobody_is_sent_to_a_class_that_is_not(
    old: list[ClassFacts], new: list[ClassFacts], said: dict[int, int]
) -> None:
    proposed = propose(old, new, dict(NEXT_LEVEL))
    seats = [Seat(100 + rank, one.pk) for rank, one in enumerate(old)]

    found = destinations(seats, classes=proposed, children=said)

    assert set(found) == {seat.child_id for seat in seats}
    assert set(proposed.values()) <= {None, LEAVES, *(one.pk for one in new)}
    assert sum(count(Counter([Fate.UP] * len(seats)).elements()).values()) == len(seats)


def test_classes_known_by_name_alone_go_from_the_youngest_children_on() -> None:
    names = ["CM2 - M. Roux", "Ulis", "CP B", "CE1", "cp - Mme Petit", "PS", "CP A"]

    assert sorted(names, key=name_rank) == ["PS", "CP A", "CP B", "cp - Mme Petit", "CE1", "CM2 - M. Roux", "Ulis"]
