#!/usr/bin/python3
"""https: a CA's service that behaves badly, for the tests of ca-fetch.

    https.py PORT CERTIFICATE KEY FOLDER

Answers on 127.0.0.1:PORT; 0: on any that is free. Says which it is. What it
does is the first word of the path; files of FOLDER are served by /file/NAME.
Ends when it is killed.
"""
import os
import socketserver
import ssl
import sys
import time

PORT, CERTIFICATE, KEY, FOLDER = (int(sys.argv[1]), *sys.argv[2:5])
# Longer than any time limit; a client that goes away ends it earlier.
TOO_LONG = 60


def head(status, *lines):
    text = "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *lines])
    return text.encode() + b"\r\n\r\n"


def body(data, status="200 OK"):
    return head(status, f"Content-Length: {len(data)}") + data


class Service(socketserver.BaseRequestHandler):
    """One request per connection."""

    def handle(self):
        try:
            if self.server.is_mute:
                time.sleep(TOO_LONG)
                return
            self.tls = self.server.context.wrap_socket(
                self.request, server_side=True)
            self.port = self.server.server_address[1]
            self.request_text = self.read_request()
            path = self.request_text.split(" ")[1]
            word, _, rest = path.lstrip("/").partition("/")
            getattr(self, "do_" + word.replace("-", "_"))(rest)
        except (OSError, ssl.SSLError):
            pass

    def read_request(self):
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.tls.recv(65536)
            if not more:
                raise OSError("closed")
            data += more
        return data.decode()

    def send(self, data):
        self.tls.sendall(data)

    def redirect(self, where):
        self.send(head("302 Found", f"Location: {where}",
                       "Content-Length: 0"))

    def do_file(self, name):
        with open(os.path.join(FOLDER, name), "rb") as f:
            self.send(body(f.read()))

    def do_bearer(self, rest):
        token, _, name = rest.partition("/")
        if f"\r\nAuthorization: Bearer {token}\r\n" in self.request_text:
            self.do_file(name)

    def do_status(self, number):
        # The body is what would be taken from a good answer.
        with open(os.path.join(FOLDER, "keys"), "rb") as f:
            self.send(body(f.read(), f"{number} No"))

    def do_failure(self, name):
        with open(os.path.join(FOLDER, name), "rb") as f:
            self.send(body(f.read(), "403 Forbidden"))

    def do_redirect(self, rest):
        self.redirect("/" + rest)

    def do_redirect_http(self, rest):
        self.redirect(f"http://localhost:{self.port}/{rest}")

    def do_redirect_host(self, rest):
        self.redirect(f"https://127.0.0.1:{self.port}/{rest}")

    def do_redirect_port(self, rest):
        self.redirect(f"https://localhost:{self.port + 1}/{rest}")

    def do_redirect_file(self, rest):
        self.redirect(f"file://{FOLDER}/{rest}")

    def do_redirect_loop(self, _):
        self.redirect("/redirect-loop")

    def do_endless(self, _):
        self.send(head("200 OK", "Content-Type: text/plain"))
        while True:
            self.send(b"# and one more line\n" * 100)

    def do_endless_headers(self, _):
        self.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            self.send(b"X-More: " + b"x" * 1000 + b"\r\n")

    def drip(self, data):
        end = time.monotonic() + TOO_LONG
        while time.monotonic() < end:
            self.send(data)
            time.sleep(0.2)

    def do_drip(self, _):
        self.send(head("200 OK", "Content-Type: text/plain"))
        self.drip(b"#")

    def do_drip_headers(self, _):
        self.send(b"HTTP/1.1 200 OK\r\nX-More: ")
        self.drip(b"x")

    def do_hang(self, _):
        time.sleep(TOO_LONG)

    def do_cut(self, _):
        with open(os.path.join(FOLDER, "keys"), "rb") as f:
            data = f.read()
        self.send(head("200 OK", f"Content-Length: {len(data) + 100}") + data)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    server = Server(("127.0.0.1", PORT), Service)
    server.is_mute = CERTIFICATE == "-"
    if not server.is_mute:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(CERTIFICATE, KEY)
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
