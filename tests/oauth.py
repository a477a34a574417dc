"""Google and TikTok played by a local server: what they say of a person is set by the test."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.tiktok.provider import TikTokProvider
from allauth.socialaccount.providers.tiktok.views import TikTokOAuth2Adapter

KEY = "a-key-of-the-test-that-is-long-enough"
CLIENT = "client-of-the-test"


class Providers:
    """`google` and `tiktok` are what the next login there tells."""

    def __init__(self):
        self.google = {"sub": "g1", "email": "siti@contoh.example", "email_verified": True}
        self.tiktok = {"open_id": "t1", "display_name": "Dapur Siti", "avatar_url": "http://x/y"}

    def answer(self, path):
        if path == "/google/token":
            claims = {"iss": "https://accounts.google.com", "aud": CLIENT, **self.google}
            claims["exp"] = int(time.time()) + 60
            return {"access_token": "a", "id_token": jwt.encode(claims, KEY)}
        return {
            "/tiktok/token": {"access_token": "a"},
            "/tiktok/user": {"data": {"user": self.tiktok}},
        }[path]


def serve(providers):
    """A running server and its address; it sends everybody who asks back with a code."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked = urlsplit(self.path)
            if asked.path.endswith("/authorize"):
                query = parse_qs(asked.query)
                back = urlencode({"code": "c", "state": query["state"][0]})
                self.send_response(302)
                self.send_header("Location", f"{query['redirect_uri'][0]}?{back}")
                self.end_headers()
            else:
                self._say(providers.answer(asked.path))

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(providers.answer(self.path))

        def _say(self, answer):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def switch_on(settings, monkeypatch, address):
    """Give the portal keys for both and let it talk to the server at `address`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for provider, adapter in (
        (GoogleProvider, GoogleOAuth2Adapter),
        (TikTokProvider, TikTokOAuth2Adapter),
    ):
        monkeypatch.setitem(registry.provider_map, provider.id, provider)
        monkeypatch.setattr(adapter, "authorize_url", f"{address}/{provider.id}/authorize")
        monkeypatch.setattr(adapter, "access_token_url", f"{address}/{provider.id}/token")
    monkeypatch.setattr(TikTokOAuth2Adapter, "profile_url", f"{address}/tiktok/user")
    settings.SOCIALACCOUNT_PROVIDERS = {
        name: {"APPS": [{"client_id": CLIENT, "secret": "s", "key": ""}], **wishes}
        for name, wishes in settings.SOCIAL_WISHES.items()
    }
