"""Cache keys belong to a commune: the same name in two communes never meets."""

from tenants import context


def make_key(key: str, key_prefix: str, version: int) -> str:
    """Django's `KEY_FUNCTION`: prefix, commune, version, key; "registry" outside of a commune."""
    commune = context.current_or_none()
    owner = commune.pk.hex if commune else "registry"
    return f"{key_prefix}:{owner}:{version}:{key}"
