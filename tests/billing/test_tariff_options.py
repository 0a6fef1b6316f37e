"""Every option of a tariff is asked, kept, priced and named: whoever adds one reads here what is still missing."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from billing import words
from billing.forms.tariffs import TariffForm
from billing.models import Tariff
from billing.rules import pricing
from billing.rules.facts import EFFORT, EXTRAS, SAME, TariffSpec

RULES = Path(pricing.__file__).parent


def read_by_the_rules() -> set[str]:
    """The attributes that any rule of prices asks a tariff, or whatever else, for."""
    trees = [ast.parse(file.read_text()) for file in RULES.glob("*.py") if file.name != "facts.py"]
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("option", SAME)
def test_an_option_is_asked_and_kept_under_its_name(option: str) -> None:
    assert option in TariffForm.base_fields, "no field in billing/forms/tariffs.py"
    assert option in {one.name for one in Tariff._meta.get_fields()}, "no field in billing/models/tariffs.py"


@pytest.mark.parametrize("option", [one.name for one in fields(TariffSpec) if one.name != "name"])
def test_an_option_does_something(option: str) -> None:
    assert option in read_by_the_rules(), "an agent may set it, and billing/rules/pricing.py charges as if it were not"


def test_amounts_beside_a_price_are_renewed_and_named() -> None:
    extras = {one.name for one in fields(TariffSpec) if one.name.endswith("_extra")}

    assert set(EXTRAS) == extras, "add to EXTRAS in billing/rules/facts.py"
    assert set(words.PRICES) == extras | set(EFFORT), "add to PRICES in billing/words.py"
