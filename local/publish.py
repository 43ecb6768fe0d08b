"""Run as a script inside the sandbox: one file, over HTTPS.

publish.py ADDRESS PORT CERTIFICATE KEY FILE PATH
"""

import http.server
import ssl
import sys
from http import HTTPStatus


class Publisher(http.server.BaseHTTPRequestHandler):
    """Knows one path."""

    protocol_version = "HTTP/1.1"
    path_of_it = ""
    content = b""

    def do_GET(self) -> None:
        """The file, or that there is nothing."""
        known = self.path == self.path_of_it
        body = self.content if known else b""
        self.send_response(HTTPStatus.OK if known else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(address: str, port: str, certificate: str, key: str, file: str, path: str) -> None:
    """Until it is ended."""
    with open(file, "rb") as opened:  # noqa: PTH123 - pathlib costs its import
        Publisher.content = opened.read()
    Publisher.path_of_it = path
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer((address, int(port)), Publisher)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
