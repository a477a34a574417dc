"""What those who carry our messages need to know of us, from the environment.

Taken over by `settings` as a whole. Accounts that staff enter in the admin need none of it.
"""

import environ

env = environ.Env()

CONTACT_WHATSAPP = env.str("CONTACT_WHATSAPP", "")
SMS_URL = env.str("SMS_URL", "")
SMS_TOKEN = env.str("SMS_TOKEN", "")
SMS_SENDER = env.str("SMS_SENDER", "JAKPRENEUR")
SMS_FORMAT = env.str("SMS_FORMAT", "json")
SMS_FIELDS = env.list("SMS_FIELDS", default=["to", "text", "from"])
"""What the provider calls number, text and sender."""
WHATSAPP_TOKEN = env.str("WHATSAPP_TOKEN", "")
WHATSAPP_PHONE_ID = env.str("WHATSAPP_PHONE_ID", "")
WHATSAPP_BUSINESS_ID = env.str("WHATSAPP_BUSINESS_ID", "")
"""The business account of the number, whose approved templates are listed."""
WHATSAPP_BASE_URL = env.str("WHATSAPP_BASE_URL", "https://graph.facebook.com/v23.0").rstrip("/")
WHATSAPP_LANGUAGE = env.str("WHATSAPP_LANGUAGE", "id")
WHATSAPP_CODE_TEMPLATE = env.str("WHATSAPP_CODE_TEMPLATE", "")
WHATSAPP_LINK_TEMPLATE = env.str("WHATSAPP_LINK_TEMPLATE", "")
"""A utility template of one value, the link back to an unfinished registration."""
WHATSAPP_RESULT_TEMPLATE = env.str("WHATSAPP_RESULT_TEMPLATE", "")
"""A utility template of four values about a curation: name, call, result, link."""
WHATSAPP_NEWS_TEMPLATE = env.str("WHATSAPP_NEWS_TEMPLATE", "")
WHATSAPP_APP_SECRET = env.str("WHATSAPP_APP_SECRET", "")
"""With this WhatsApp signs what it reports; without it /webhooks/whatsapp/ takes nothing."""
WHATSAPP_VERIFY_TOKEN = env.str("WHATSAPP_VERIFY_TOKEN", "")
EMAIL_WEBHOOK_SECRET = env.str("EMAIL_WEBHOOK_SECRET", "")
"""`name:password` that the email provider sends along to /webhooks/email/<provider>/."""
ANYMAIL = env.json("EMAIL_WEBHOOK_KEYS", {})
"""Keys of their own that some providers sign with, e.g. MAILGUN_WEBHOOK_SIGNING_KEY."""
