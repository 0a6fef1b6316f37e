"""The settings, in one place, from the environment (twelve-factor)."""

from pathlib import Path

from lps.config import env

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
# Hosts are checked against the registry by CommuneMiddleware, which answers 404 to unknown ones.
ALLOWED_HOSTS = ["*"]

SHARED_APPS = ["django_tenants", "django.contrib.contenttypes", "tenants", "lps.journal"]
TENANT_APPS = ["tenants.town", "lps.journal"]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
TENANT_MODEL = "tenants.Commune"
TENANT_DOMAIN_MODEL = "tenants.Host"
TENANT_LIMIT_SET_CALLS = True
PG_EXTRA_SEARCH_PATHS = ["extensions"]

DATABASES = {
    "default": {
        **env.database("DATABASE_URL"),
        "ENGINE": "django_tenants.postgresql_backend",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {} if LPS_ENV == "test" else {"pool": {"min_size": 1, "max_size": 8, "max_lifetime": 1800}},
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.text("REDIS_URL"),
        "KEY_FUNCTION": "tenants.cache.make_key",
        "KEY_PREFIX": "lps",
    }
}

MIDDLEWARE = [
    "lps.kernel.middleware.RequestStamp",
    "lps.config.health.Health",
    "django.middleware.security.SecurityMiddleware",
    "tenants.middleware.CommuneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "lps.config.urls"
WSGI_APPLICATION = "lps.config.wsgi.application"
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_REFERRER_POLICY = "same-origin"
CSRF_COOKIE_NAME = "lps_csrf"
CSRF_COOKIE_SECURE = PRODUCTION

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
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json" if env.text("LPS_LOGS", "json" if PRODUCTION else "line") == "json" else "line",
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
