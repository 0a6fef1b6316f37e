"""The web door."""

import os

from django.core.wsgi import get_wsgi_application

from lps.config.refusals import refuse_unsafe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lps.config.settings")
refuse_unsafe_start()
application = get_wsgi_application()
