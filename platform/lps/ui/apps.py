from django.apps import AppConfig


class UiConfig(AppConfig):
    """The look of every page: base templates, style sheets, fonts, tags, safety headers."""

    name = "lps.ui"
    label = "ui"
    verbose_name = "présentation"
