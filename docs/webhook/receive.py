#!/usr/bin/env python3
"""receive.py SECRET-FILE PORT: takes Platen's notices, checks them, and prints each one once."""
import base64, hashlib, hmac, http.server, json, sys, time

SECRET = base64.b64decode(open(sys.argv[1]).read().strip().removeprefix("whsec_"))
seen = set()  # of a receiver that restarts: in a database


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers["Content-Length"]), 1 << 20))
        self.send_response(204 if self.take(body) else 401)
        self.end_headers()

    def take(self, body):
        id, sent = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        digest = hmac.digest(SECRET, f"{id}.{sent}.".encode() + body, hashlib.sha256)
        signature = "v1," + base64.b64encode(digest).decode()
        if not hmac.compare_digest(signature, self.headers["webhook-signature"]):
            return False  # not from Platen
        if abs(time.time() - int(sent)) > 300:
            return False  # an old one, sent again by somebody else
        if id not in seen:
            seen.add(id)
            notice = json.loads(body)
            print(notice["timestamp"], notice["type"], notice["message"], flush=True)
        return True


http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Receiver).serve_forever()
