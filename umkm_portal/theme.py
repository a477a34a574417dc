"""How the staff pages look: names, marks, colours, sidebar."""

from django.templatetags.static import static
from django.urls import reverse_lazy

UNFOLD = {
    "SITE_TITLE": "Portal Pelatihan UMKM",
    "SITE_HEADER": "Jakpreneur",
    "SITE_SUBHEADER": "Portal petugas",
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("img/staff-mark.svg"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("img/staff-mark.svg"),
        }
    ],
    "ENVIRONMENT": "umkm_portal.pages.staff.navigation.environment",
    "DASHBOARD_CALLBACK": "umkm_portal.pages.staff.today.dashboard",
    "STYLES": [lambda request: static("css/staff.css")],
    "SCRIPTS": [lambda request: static("js/staff-poll.js")],
    "SHOW_VIEW_ON_SITE": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "#eef7f2",
            "100": "#dcefe5",
            "200": "#bfe0cf",
            "300": "#8cc7aa",
            "400": "#4d9e7c",
            "500": "#1f7f5d",
            "600": "#0f6548",
            "700": "#0d4e39",
            "800": "#0a3a2a",
            "900": "#08301f",
            "950": "#041a11",
        },
        "font": {
            "subtle-light": "#46534c",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "#2b3a32",
            "default-dark": "var(--color-base-300)",
            "important-light": "#15211b",
            "important-dark": "var(--color-base-100)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "umkm_portal.pages.staff.navigation.sidebar",
    },
    "ACCOUNT": {
        "navigation": [
            {"title": "Pengaman kedua", "link": reverse_lazy("mfa_index")},
        ]
    },
}
