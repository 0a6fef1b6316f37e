"""The settings, in one place, from the environment (twelve-factor)."""

import os
from pathlib import Path

from lps.config import env
from notifications.email_url import settings_from_url
from tenants.storage import storages_setting

ROOT = Path(__file__).resolve().parents[3]

LPS_ENV = env.text("LPS_ENV", "production")
PRODUCTION = LPS_ENV == "production"
DEBUG = False
SECRET_KEY = env.text("LPS_SECRET_KEY")
LPS_APP_KEYS = env.application_keys("LPS_APP_KEYS")

LPS_BASE_DOMAINS = env.words("LPS_BASE_DOMAINS", "les-parents-services.com" if PRODUCTION else "localhost")
LPS_REDIRECTED_DOMAINS = env.words("LPS_REDIRECTED_DOMAINS", "les-parents-services.fr")
LPS_CONSOLE_HOST = f"console.{LPS_BASE_DOMAINS[0]}"
LPS_CONSOLE_URLCONF = "lps.config.console_urls"
LPS_PUBLIC_SCHEME = "https" if PRODUCTION else "http"
LPS_PUBLIC_PORT = "" if PRODUCTION else f":{env.text('PORT', '8000')}"
LPS_TRUSTED_PROXIES = env.words("LPS_TRUSTED_PROXIES")
LPS_SECURITY_CONTACTS = env.contacts("LPS_SECURITY_CONTACTS")
LPS_DATA_DIR = Path(env.text("LPS_DATA_DIR", None if PRODUCTION else str(ROOT / ".data")))
# Hosts are checked against the registry by CommuneMiddleware, which answers 404 to unknown ones.
ALLOWED_HOSTS = ["*"]

SHARED_APPS = [
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "tenants",
    "lps.journal",
    "lps.accounts",
    "lps.console",
    "lps.ui",
    "rest_framework",
]
TENANT_APPS = [
    "tenants.town",
    "lps.journal",
    "notifications",
    "lps.accounts",
    "lps.families",
    "booking",
    "billing",
    "voice",
    "lps.office",
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
TENANT_MODEL = "tenants.Commune"
TENANT_DOMAIN_MODEL = "tenants.Host"
TENANT_LIMIT_SET_CALLS = True
PG_EXTRA_SEARCH_PATHS = ["extensions"]
# It reads the registry before the apps are ready; the console refuses such a schema name instead.
SKIP_PG_EXTRA_VALIDATION = True

_database = env.database("DATABASE_URL")
# A server that comes back is met within seconds: the pool's own patience doubles up to minutes between two tries.
_PATIENCE = {"timeout": 5, "reconnect_timeout": 10}
_pool = {} if LPS_ENV == "test" else {"pool": {"min_size": 1, "max_size": 8, "max_lifetime": 1800, **_PATIENCE}}
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "django_tenants.postgresql_backend",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        # A connection that died in the pool, with its server, costs nobody their page.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_database["OPTIONS"], **_pool},
    }
}
# Declared by whoever puts PgBouncer in front: the start then asks what it tells (`lps.config.refusals`).
LPS_POOLED_DATABASE = env.text("LPS_POOLED_DATABASE", "") == "1"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "tenants.valkey.Cache",
        "LOCATION": env.text("REDIS_URL"),
        "KEY_FUNCTION": "tenants.cache.make_key",
        "KEY_PREFIX": "lps",
        # A server that no longer answers costs a page these seconds, once (`tenants.valkey`), not its life.
        "OPTIONS": {"socket_connect_timeout": 3, "socket_timeout": 3},
    }
}

MIDDLEWARE = [
    "lps.config.health.Health",
    "lps.kernel.middleware.RequestStamp",
    "lps.config.measuring.Measured",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # It pads each page by a random length (BREACH), and forms mask their secret.
    "django.middleware.gzip.GZipMiddleware",
    "lps.ui.middleware.SecurityHeaders",
    "lps.config.security_txt.SecurityText",
    "lps.config.bounded.BoundedBody",
    "tenants.middleware.CommuneMiddleware",
    "lps.config.zone.CommuneZone",
    "lps.accounts.middleware.DoorSessions",
    "lps.console.gate.StateGate",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "lps.config.failures.Unanswered",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "tenants.town.frame.logo",
                "lps.config.context.page",
                "lps.office.frame.agent",
                "lps.console.frame.operator",
            ]
        },
    }
]
# The agents' rail: lists of NavItem, in the order of the screen.
LPS_RAIL = [
    "lps.office.nav.RAIL",
    "booking.nav.RAIL",
    "billing.nav.RAIL",
    "voice.nav.RAIL",
    "lps.families.nav.RAIL",
    "lps.office.nav.LAST_RAIL",
    "lps.console.nav.OFFICE_RAIL",
    "lps.accounts.nav.RAIL",
]
# The tabs of a family's page in the town hall, likewise: addresses that take its key.
LPS_FAMILY_TABS = [
    "lps.families.nav.FAMILY_TABS",
    "booking.nav.FAMILY_TABS",
    "billing.nav.FAMILY_TABS",
]
# The families' tabs, likewise.
LPS_TABS = ["lps.families.nav.TABS", "billing.nav.TABS", "booking.nav.TABS", "lps.families.nav.LAST_TABS"]
# Who tells what the bookings of a planning may cost, see booking.prices.
LPS_PRICES = "billing.planning_prices.of_planning"
ROOT_URLCONF = "lps.config.urls"
WSGI_APPLICATION = "lps.config.wsgi.application"
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_REFERRER_POLICY = "same-origin"
CSRF_COOKIE_NAME = "lps_csrf"
CSRF_COOKIE_SECURE = PRODUCTION
# Forty activities over ten weeks are two thousand boxes.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4200
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["lps.accounts.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["lps.accounts.authentication.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["lps.accounts.api.parsers.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "lps.accounts.api.schema.Operation",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "lps.accounts.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Les Parents Services",
    "DESCRIPTION": "L'API par laquelle les logiciels de la commune lisent et changent les réservations.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_SUFFIX": "",
    "ENUM_NAME_OVERRIDES": {"CodeDeRefus": "booking.rules.planning.PlanningRefusal"},
    "OAS_VERSION": "3.1.1",
}
# The Treasury's online payment; a simulator of it everywhere but in production.
LPS_PAYFIP_URL = env.text("PAYFIP_URL", "https://www.payfip.gouv.fr" if PRODUCTION else "http://127.0.0.1:9")
# SMS providers, under each commune's own account; simulators of them everywhere but in production.
LPS_OVH_URL = env.text("OVH_URL", "https://eu.api.ovh.com" if PRODUCTION else "http://127.0.0.1:9")
LPS_BREVO_URL = env.text("BREVO_URL", "https://api.brevo.com" if PRODUCTION else "http://127.0.0.1:9")
# Where the voice server keeps its sentences, and where Asterisk, which has a root of its own, sees them.
LPS_VOICE_PROMPTS = env.text("LPS_VOICE_PROMPTS", str(LPS_DATA_DIR / "prompts"))
LPS_VOICE_PROMPTS_SEEN_AS = env.text("LPS_VOICE_PROMPTS_SEEN_AS", "")
# The folder that the voice server shares with Asterisk, to which it gives the lines that are set in the console.
LPS_VOICE_ASTERISK = env.text("LPS_VOICE_ASTERISK", "")
# Which voice is rendered ahead: see voice.gateway.engines. What every town says lies where `lps voice render` put it.
LPS_VOICE_ENGINE = env.choice("LPS_VOICE_ENGINE", ("auto", "espeak", "kokoro"))
LPS_VOICE_CATALOGUE = env.text("LPS_VOICE_CATALOGUE", "")
LPS_API_CALLS_PER_MINUTE = int(env.text("LPS_API_CALLS_PER_MINUTE", "600"))

STATIC_URL = "/static/"
# An image holds them collected, beside the code; its data come and go.
STATIC_ROOT = Path(env.text("LPS_STATIC_DIR", str(LPS_DATA_DIR / "static")))
_S3_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
STORAGES = {
    **storages_setting({**os.environ, **env.given(*_S3_KEYS), "LPS_DATA_DIR": str(LPS_DATA_DIR)}),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
# Elsewhere files are measured once: one made shorter under a running process would arrive cut.
WHITENOISE_AUTOREFRESH = LPS_ENV == "development"

globals().update(settings_from_url(env.text("EMAIL_URL", None if PRODUCTION else "memory://")))

CELERY_BROKER_URL = env.text("REDIS_URL")
CELERY_RESULT_BACKEND = None
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "lps"
# Seconds of work a piece, for nobody who waits: a queue and workers of its own.
CELERY_TASK_ROUTES = {"voice.render": {"queue": "lps.voice"}}
# A task that does not end is told to, then killed: before the broker takes it for lost, and gives it out again (1 h).
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 40 * 60, 45 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 3, "socket_timeout": 30, "global_keyprefix": "lps:"}

LANGUAGE_CODE = "fr"
TIME_ZONE = "UTC"
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "lps.kernel.log_context.MaskedFormatter"},
        "json": {"()": "lps.kernel.log_context.JsonFormatter"},
    },
    "handlers": {
        "nowhere": {"class": "logging.NullHandler"},
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if env.text("LPS_LOGS", "json" if PRODUCTION else "line") == "json" else "line",
        },
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Every request has its line in `lps.access`: a page not found needs no second one, without its commune.
        "django.request": {"level": "ERROR"},
        # Nor does a host that is none, which scanners send all night: a trace would say no more than its 400.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
        # Every minute each commune's tasks come and go; a task that fails is an error, and is told.
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # It writes addresses as they came, by a handler of its own unless it is told otherwise.
        "gunicorn.error": {"propagate": True},
        # They tell each step of each printed page.
        "weasyprint.progress": {"handlers": ["nowhere"], "propagate": False},
        "fontTools": {"handlers": ["nowhere"], "propagate": False},
    },
}
