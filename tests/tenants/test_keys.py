"""What is sealed in a commune opens there and nowhere else."""

import pytest

from tenants import context, keys
from tenants.models import Commune


def test_a_text_comes_back(in_demo: Commune) -> None:
    sealed = keys.encrypt("654321", purpose="family_code")

    assert "654321" not in sealed
    assert keys.decrypt(sealed, purpose="family_code") == "654321"


def test_another_commune_cannot_open_it(demo: Commune, buchelay: Commune) -> None:
    with context.use(demo):
        sealed = keys.encrypt("654321", purpose="family_code")

    with context.use(buchelay), pytest.raises(keys.KeyLost):
        keys.decrypt(sealed, purpose="family_code")


def test_another_purpose_cannot_open_it(in_demo: Commune) -> None:
    sealed = keys.encrypt("654321", purpose="family_code")

    with pytest.raises(keys.KeyLost):
        keys.decrypt(sealed, purpose="address")


def test_the_same_code_is_looked_up_differently_in_each_commune(demo: Commune, buchelay: Commune) -> None:
    with context.use(demo):
        here = keys.lookup_hash("654321", purpose="family_code")
        assert here == keys.lookup_hash("654321", purpose="family_code")

    with context.use(buchelay):
        assert keys.lookup_hash("654321", purpose="family_code") != here


def test_a_wrapped_key_serves_no_other_commune(demo: Commune, buchelay: Commune) -> None:
    buchelay.wrapped_key = demo.wrapped_key

    with context.use(buchelay), pytest.raises(keys.KeyLost):
        keys.encrypt("654321", purpose="family_code")


def test_rotation_rewraps_and_touches_no_data(demo: Commune, settings: object) -> None:
    with context.use(demo):
        sealed = keys.encrypt("654321", purpose="family_code")

    settings.LPS_APP_KEYS = {"k2": b"2" * 32, **settings.LPS_APP_KEYS}  # type: ignore[attr-defined]
    demo.wrapped_key = keys.rewrap(demo)

    assert demo.wrapped_key.startswith("k2.")
    with context.use(demo):
        assert keys.decrypt(sealed, purpose="family_code") == "654321"


def test_erasure_destroys_all_that_was_sealed(demo: Commune) -> None:
    with context.use(demo):
        sealed = keys.encrypt("654321", purpose="family_code")

    demo.wrapped_key = ""

    with context.use(demo), pytest.raises(keys.KeyLost):
        keys.decrypt(sealed, purpose="family_code")


def test_many_texts_are_sealed_as_one_is(demo: Commune, buchelay: Commune) -> None:
    texts = ["654321", "", "é" * 500]
    with context.use(demo):
        sealed = keys.encrypt_many(texts, purpose="address")
        assert keys.decrypt_many(sealed, purpose="address") == texts
        assert [keys.decrypt(one, purpose="address") for one in sealed] == texts
        assert len({*sealed, *keys.encrypt_many(texts, purpose="address")}) == 6
        assert keys.decrypt_many([], purpose="address") == []
        for wrong in (sealed, [keys.encrypt("x", purpose="other")], ["k9.AAAA"]):
            with pytest.raises(keys.KeyLost):
                keys.decrypt_many(wrong, purpose="elsewhere")

    with context.use(buchelay), pytest.raises(keys.KeyLost):
        keys.decrypt_many(sealed, purpose="address")
