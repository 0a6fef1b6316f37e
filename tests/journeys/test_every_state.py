"""Pages after they were used. The same is asked of them as of every page; their words take the focus."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Browse
from tests.journeys.seen import faults
from tests.journeys.states import STATES, Ground
from tests.live import Site

WITHOUT_SCRIPT = ["a_save", "wrong_codes", "no_address_to_send_the_codes_to", "an_agent_refused", "an_operator_refused"]


@pytest.mark.parametrize("name", STATES)
def test_a_page_in_the_state_of(site: Site, browse: Browse, name: str) -> None:
    state = STATES[name]

    page = state.reach(Ground(site, browse))

    expect(page.get_by_role("heading", level=1)).to_have_text(state.heading)
    if state.told:
        expect(page.locator("[data-focus]")).to_be_focused()
    assert faults(page, by_day=(360, 1280), by_night=(360,)) == []


@pytest.mark.parametrize("name", WITHOUT_SCRIPT)
def test_the_words_about_a_form_take_the_focus_without_script(site: Site, browse: Browse, name: str) -> None:
    page = STATES[name].reach(Ground(site, partial(browse, script=False)))

    expect(page.get_by_role("heading", level=1)).to_have_text(STATES[name].heading)
    expect(page.locator("[data-focus]")).to_be_focused()
