"""Takes webhooks whose signature is right (https://www.standardwebhooks.com): python3 receiver.py KEYFILE"""

import base64, hashlib, hmac, http.server, sys, time

KEY = base64.b64decode(open(sys.argv[1]).read().strip().removeprefix("whsec_"))


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204 if self.is_signed(body) else 400)
        self.end_headers()

    def is_signed(self, body):
        name, at = self.headers.get("webhook-id", ""), self.headers.get("webhook-timestamp", "0")
        signed = f"{name}.{at}.".encode() + body
        mine = "v1," + base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
        given = self.headers.get("webhook-signature", "").split()
        fits = any(hmac.compare_digest(mine, one) for one in given) and abs(time.time() - int(at)) < 300
        print("taken" if fits else "refused", body.decode(), flush=True)
        return fits


http.server.ThreadingHTTPServer(("127.0.0.1", 9000), Receiver).serve_forever()
