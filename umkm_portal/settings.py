"""Settings, read top to bottom, from the environment only.

Nothing set: the embedded default (`umkm_portal.embedded`), with servers and secrets of its own
in the data folder. `DATABASE_URL` or `REDIS_URL` set: production, and every secret must be there.
The README's environment table says what each variable does.
"""

from datetime import timedelta
from pathlib import Path

import environ
import pghistory
from django.core.exceptions import ImproperlyConfigured

from umkm_portal import theme
from umkm_portal.embedded import connection
from umkm_portal.provider_settings import *  # noqa: F403
from umkm_portal.schedules import QUEUES, beat_schedule

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Where we run -----------------------------------------------------------------------------
EMBEDDED = not env.str("DATABASE_URL", "") and not env.str("REDIS_URL", "")
REQUIRED_IN_PRODUCTION = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "FIELD_KEYS",
    "INDEX_KEYS",
    "PORTAL_URL",
    "ALLOWED_HOSTS",
)
if EMBEDDED:
    local = connection.current()
    DATABASE_URL, REDIS_URL = local.database_url, local.redis_url
    SECRET_KEY = env.str("SECRET_KEY", local.secret_key)
    FIELD_KEYS = env.list("FIELD_KEYS", default=local.field_keys)
    INDEX_KEYS = env.list("INDEX_KEYS", default=local.index_keys)
    PORTAL_URL = env.str("PORTAL_URL", local.portal_url).rstrip("/")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"])
    DATA_DIR = local.data_dir
else:
    missing = [name for name in REQUIRED_IN_PRODUCTION if not env.str(name, "").strip()]
    if missing:
        raise ImproperlyConfigured(
            "These variables must be set when DATABASE_URL or REDIS_URL is set: "
            f"{', '.join(missing)}. See .env.example."
        )
    DATABASE_URL, REDIS_URL = env.str("DATABASE_URL"), env.str("REDIS_URL")
    SECRET_KEY = env.str("SECRET_KEY")
    FIELD_KEYS, INDEX_KEYS = env.list("FIELD_KEYS"), env.list("INDEX_KEYS")
    PORTAL_URL = env.str("PORTAL_URL").rstrip("/")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
    DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / ".data")))

EMAIL_URL = env.str("EMAIL_URL", "")
DEMO = EMBEDDED and not EMAIL_URL
DEBUG = env.bool("DEBUG", False)
PORTAL_PROCESSES = env.int("PORTAL_PROCESSES", 2)
STAFF_NEEDS_SECOND_FACTOR = not EMBEDDED
HTTPS = PORTAL_URL.startswith("https://")

# --- Applications -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "umkm_portal.pages",
    "umkm_portal.reports",
    "umkm_portal.backups",
    "trainings",
    "partners",
    "participants",
    "umkm_portal.imports",
    "umkm_portal.messaging",
    "umkm_portal.accounts",
    "umkm_portal.regions",
    "umkm_portal.embedded",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "umkm_portal.pages.apps.StaffSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "import_export",
    "pgtrigger",
    "pghistory",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",  # always: its tables are there whether a provider is on or off
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "participants.duplicates.latecomers.LatecomerMiddleware",
]
ROOT_URLCONF = "umkm_portal.urls"
WSGI_APPLICATION = "umkm_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "umkm_portal.pages.context.portal",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
LOAD_REFERENCE_DATA = True
"""`migrate` fills in regions, steps, sectors and agencies; tests begin with empty tables."""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# History is asked by person only, and each import writes it: its keys have no index unless named.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_CONTEXT_FIELD = pghistory.ContextForeignKey(db_index=False)
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(db_index=True)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{REDIS_URL.rsplit('/', 1)[0]}/1",
        "KEY_PREFIX": "portal",
    },
    # Pages made for everybody, a few seconds old at most (common/shared_pages.py).
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
MEDIA_ROOT = DATA_DIR / "uploads"

# --- People who log in ------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # the email is unique through Lower("email")
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "umkm_portal.accounts.permissions.RoleBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "umkm_portal.login.PortalAccountAdapter"
MFA_ADAPTER = "umkm_portal.login.PortalMfaAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "login_webauthn": "umkm_portal.pages.login.forms.PasskeyLoginForm",
    "authenticate_webauthn": "umkm_portal.pages.login.forms.PasskeyFactorForm",
    "reauthenticate_webauthn": "umkm_portal.pages.login.forms.PasskeyAgainForm",
}
MFA_RATE_LIMITS = {"webauthn_login": "600/m/ip"}  # a hall or a mobile network shares an address
PASSKEY_FRESHNESS = timedelta(minutes=15)
"""How long after a login the ways into the account may be changed."""

SOCIAL_KEYS = {
    "google": (env.str("GOOGLE_CLIENT_ID", ""), env.str("GOOGLE_CLIENT_SECRET", "")),
    "tiktok": (env.str("TIKTOK_CLIENT_KEY", ""), env.str("TIKTOK_CLIENT_SECRET", "")),
}
SOCIAL_WISHES: dict[str, dict[str, object]] = {
    # An email address from the one, a number for the account from the other: nothing else.
    "google": {
        "SCOPE": ["openid", "email"],
        "AUTH_PARAMS": {"prompt": "select_account"},
        "OAUTH_PKCE_ENABLED": True,
    },
    "tiktok": {"SCOPE": ["user.info.basic"]},
}
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {
    name: {"APPS": [{"client_id": keys[0], "secret": keys[1], "key": ""}], **SOCIAL_WISHES[name]}
    for name, keys in SOCIAL_KEYS.items()
    if all(keys)
}
"""Doors that exist only where their keys do."""
INSTALLED_APPS += [f"allauth.socialaccount.providers.{name}" for name in SOCIALACCOUNT_PROVIDERS]
SOCIALACCOUNT_ADAPTER = "umkm_portal.login.PortalSocialAdapter"

# --- Language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia")]
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Jakarta"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# --- Static files -----------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static" if EMBEDDED else BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 365 * 24 * 3600

# --- Requests ----------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 8_000_000
"""Bytes of a form without its files: pasted cells are refused in words before that."""

# --- People -----------------------------------------------------------------------------------
ACTIVE_MONTHS = env.int("ACTIVE_MONTHS", 12)
"""How long a person counts as active after her last activity."""
REGISTRATION_DAYS = env.int("REGISTRATION_DAYS", 14)
"""How long an unfinished registration is kept after its last change."""
REGISTRATION_LINK_MINUTES = env.int("REGISTRATION_LINK_MINUTES", 60)
"""How long a phone's registration lies still until the link back goes to it by itself; 0: never."""
PHONE_PROOF_MONTHS = env.int("PHONE_PROOF_MONTHS", 12)
"""A phone number not proved for so long is proved again: prepaid numbers get new owners."""

RETENTION_YEARS = env.int("RETENTION_YEARS", 0)
"""People about whom nothing happened for so long are anonymised at night; 0: nobody is."""

# --- Curations ----------------------------------------------------------------------------------
ANNOUNCE_AFTER_MINUTES = env.float("ANNOUNCE_AFTER_MINUTES", 1.0 if DEMO else 15.0)
"""How long the announcement of a list can be undone before owners are told."""

API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 120)
"""How often one key of a partner's system may ask."""

# --- One-time codes ----------------------------------------------------------------------------
CODE_MINUTES = env.int("CODE_MINUTES", 10)
CODE_RESEND_SECONDS = env.int("CODE_RESEND_SECONDS", 60)
CODES_PER_HOUR = env.int("CODES_PER_HOUR", 5)
CODES_PER_DAY = env.int("CODES_PER_DAY", 10)
CODES_OUTSTANDING_PER_NETWORK = env.int("CODES_OUTSTANDING_PER_NETWORK", 600)
"""Codes not typed yet of all people behind one network address: a hall, a mobile network."""
CODE_DAILY_BUDGET = env.int("CODE_DAILY_BUDGET", 5_000_000)
"""Rupiah a day for codes by WhatsApp and SMS; email costs nothing."""
CODE_COST = {
    "whatsapp": env.int("CODE_COST_WHATSAPP", 450),
    "sms": env.int("CODE_COST_SMS", 400),
}

# --- Sending ----------------------------------------------------------------------------------
CAMPAIGN_APPROVAL_ABOVE = env.int("CAMPAIGN_APPROVAL_ABOVE", 0)
"""A campaign of the desk to more people needs a second officer's approval; 0: never."""
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
elif EMBEDDED and local.catcher_port:
    EMAIL_HOST, EMAIL_PORT = "127.0.0.1", local.catcher_port
EMAIL_TIMEOUT = 20
SERVER_EMAIL = DEFAULT_FROM_EMAIL = env.str(
    "FROM_EMAIL", "Jakpreneur <undangan@jakpreneur.example>"
)
DEMO_RATE = env.float("DEMO_RATE", 8.0)
"""Messages a second in demo mode: slow enough to watch."""
SENDING_CHUNK = env.int("SENDING_CHUNK", 5)
"""Messages committed as `sending` at once: the most that one crash can leave `uncertain`."""
BATCH_SIZE = 500
BATCH_LEASE = timedelta(seconds=env.int("BATCH_LEASE_SECONDS", 60))
FIRST_RETRY = timedelta(seconds=env.float("FIRST_RETRY_SECONDS", 60))
"""Until a message that was put off is tried again; four times longer each time."""
WEBHOOK_DAYS = env.int("WEBHOOK_DAYS", 30)
ARCHIVE_AFTER_DAYS = env.int("ARCHIVE_AFTER_DAYS", 365)
"""How long after its end a campaign moves into the archive; its links end with it."""
if ARCHIVE_AFTER_DAYS < 180:
    raise ImproperlyConfigured("ARCHIVE_AFTER_DAYS: at least 180, links are used for so long.")
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
"""Operators who are mailed when sending stands still, and when it goes on."""
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
"""`Authorization: Bearer ...` for /metrics; without one there is no such page."""
BULK_PER_WEEK = env.int("BULK_PER_WEEK", 0 if DEMO else 3)
"""Announcements that one person gets in seven days at most, over all campaigns; 0 for any."""

# --- Celery: messages are nudges, the rows are the queue ---------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "socket_timeout": 10,
    "socket_connect_timeout": 1,
    "max_retries": 1,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 540
CELERY_TASK_SOFT_TIME_LIMIT = 500
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_DB_REUSE_MAX = 1000
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_DEFAULT_QUEUE = "bulk"
CELERY_TASK_ROUTES = QUEUES
SWEEP_SECONDS = env.float("SWEEP_SECONDS", 5.0)
CELERY_BEAT_SCHEDULE = beat_schedule(sweep_seconds=SWEEP_SECONDS)

# --- Logs: failures go to the standard error of the process, where containers keep them ---------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}

# --- Security ---------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS and env.bool("SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", 0)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    }
}

# --- What the public pages say -----------------------------------------------------------------
AGENCY_NAME = env.str("AGENCY_NAME", "") or (
    "Dinas Perindustrian, Perdagangan, Koperasi, Usaha Kecil dan Menengah (PPKUKM) "
    "Provinsi DKI Jakarta"
)
PUBLISHED_FACTS = [
    # Figures that are not rows of the portal: each with its date and its source.
    {
        "value": 194_536,
        "target": 200_000,
        "text": "UKM terbentuk dari target RPJMD 200.000",
        "source": "Data 27 November 2020, bersama tujuh SKPD",
    },
    {
        "value": 323,
        "text": "UKM lolos kurasi Shopee Bazaar Online Jakpreneur",
        "source": "Bazar 16–20 November 2020",
    },
    {
        "value": 370_000,
        "text": "Jakpreneur menjadi sasaran pelatihan bersama TikTok. Yang aktif dan bersedia "
        "diajak lebih dulu.",
        "source": "Rencana 2024, disampaikan November 2023",
    },
]

# --- Staff pages --------------------------------------------------------------------------------
UNFOLD = theme.UNFOLD
IMPORT_EXPORT_ERROR_DISPLAY = ["message"]
IMPORT_EXPORT_SKIP_ADMIN_LOG = False
