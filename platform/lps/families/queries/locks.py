"""Who waits for whom: a child or a household held until the transaction ends."""

from collections.abc import Iterable

from django.db.models import Exists, Value

from lps.families.models import Child, Household


def lock_child(child: Child, *, asking: Exists | None = None) -> bool:
    """Serialise what is done to one child, until the transaction ends: stale forms, incompatible pairs.

    `asking` is a question that the same statement answers; without one, False.
    """
    rows = Child.objects.select_for_update(of=("self",), no_key=True).filter(pk=child.pk)
    found = rows.values_list(asking or Value(False), flat=True)
    return any(list(found))


def lock_children(pks: Iterable[int]) -> None:
    """The same for several, in the order of their keys: two who ask for some of the same wait for one another."""
    rows = Child.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(pks))
    list(rows.order_by("pk").values_list("pk"))


def lock_household(household: Household) -> None:
    """Serialise what one household sends, until the transaction ends."""
    rows = Household.objects.select_for_update(of=("self",), no_key=True).filter(pk=household.pk)
    list(rows.values_list("pk"))
