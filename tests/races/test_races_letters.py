"""A worker killed while it draws codes' letters: what it drew is kept, and the next one goes on, a file a class."""

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from lps.families.models import LettersBatch
from lps.families.queries.letters import letters_of_class
from lps.families.queries.school import classes_to_come
from lps.families.services import letters
from lps.journal.actors import Actor
from lps.kernel import clock
from tenants.models import Commune
from tests.live import Copy
from tests.races.killing import BEGIN, FINISH, killed_after, next_worker

BY = Actor.system("essai")
CLASSES = 2
WORK = "from lps.families.services import letters; letters.draw_asked()"
TURN = "tenants.long_work.LongWork.work"
State = LettersBatch.State


def asked(commune: Commune) -> LettersBatch:
    """For classes that have pupils."""
    day = clock.today(commune.zone)
    classes = [one.pk for one in classes_to_come(day) if letters_of_class(one.pk, day=day)][:CLASSES]
    assert len(classes) == CLASSES
    return letters.ask_for_classes(classes=classes, by=BY)


def labels(batch: LettersBatch) -> set[str]:
    batch.refresh_from_db()
    assert all(default_storage.exists(told["file"]) for told in batch.files)
    return {told["label"] for told in batch.files}


@pytest.mark.parametrize(("step", "kept"), [(BEGIN, 0), (FINISH, 0), (TURN, 1)])
def test_letters_whose_worker_is_killed_are_gone_on_with_by_the_next_one(copy: Copy, step: str, kept: int) -> None:
    with copy.inside("buchelay") as commune:
        batch = asked(commune)
        connection.close()

        killed_after(copy, step, act=WORK)

        assert len(labels(batch)) == kept
        assert (batch.state, batch.done, batch.tries) == (State.DRAWING, kept, 1 - kept)
        for _turn in range(CLASSES - kept):
            assert next_worker(letters.draw_asked) == 1
        assert (letters.draw_asked(), len(labels(batch)), len(batch.files)) == (0, CLASSES, CLASSES)
        assert batch.state == State.DONE
