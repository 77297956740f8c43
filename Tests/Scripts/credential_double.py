"""A double at the edge of the world: the servers of Google, Amazon, Microsoft and of machines that
give credentials, on this machine alone and from a table. Nobody is behind them.

A flow's table has a route for each question; a question that does not have what its route needs is
refused and told as a fault, so that an answer shows that the right secret was in the right place.
A route can be told to refuse and repeat all that it was sent, to answer in another form, or to send
on to another server.
"""

import http.server
import json
import ssl
import threading
import urllib.parse


class Asked:
    """One question."""

    def __init__(self, handler, body):
        self.method, self.body = handler.command, body
        self.path, _, self.query_text = handler.path.partition("?")
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.host = self.headers.get("host", "")
        self.query = dict(urllib.parse.parse_qsl(self.query_text, keep_blank_values=True))
        text = body.decode("utf-8", "replace")
        self.form = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        try:
            self.json = json.loads(body)
        except ValueError:
            self.json = {}

    def all(self):
        """All that was sent, on one line."""
        decoded = " ".join([*self.form.values(), *self.query.values()])
        head = " ".join(f"{name}: {value}" for name, value in self.headers.items())
        text = f"{self.path}?{self.query_text} {head} {self.body.decode()} {decoded}"
        return " ".join(text.split())


class Route:
    """A question, what it needs, and what is given.

    needs: values of `headers`, `query`, `form` and `json` by their names; a callable judges or
    gives the value. gives: called with the question; a dict becomes JSON, a string stays.
    """

    def __init__(self, place, needs, gives, judges=None, headers=None):
        self.method, self.host, self.path = place
        self.needs, self.gives, self.judges = needs, gives, judges
        self.headers = headers or {}

    def fits(self, asked):
        return (self.method, self.host, self.path) == (asked.method, asked.host, asked.path)

    def faults(self, asked):
        for part, values in self.needs.items():
            given = getattr(asked, part)
            for name, wanted in values.items():
                value = wanted(asked) if callable(wanted) else wanted
                if value is not True and given.get(name) != value:
                    yield f"{self.host}{self.path}: {part} {name} is {given.get(name)!r}"
        if self.judges and not self.judges(asked):
            yield f"{self.host}{self.path}: the signature does not fit"


class Double:
    """The servers, and what they were asked."""

    def __init__(self, context):
        self.lock = threading.Lock()
        self.repeated = 0
        self.begin([])
        for place, encrypts in ((("127.0.0.2", 443), context), (("0.0.0.0", 80), None)):
            server = Server(place, self, encrypts)
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def begin(self, routes):
        """Takes the table of another flow."""
        self.routes, self.faults, self.calls = routes, [], []
        self.refused = self.garbled = self.redirected = None

    def take(self):
        """The numbers of the routes that were asked since the last time, and what was wrong."""
        with self.lock:
            calls, faults = self.calls, self.faults
            self.calls, self.faults = [], []
        return calls, faults

    def answer(self, asked):
        """Status, headers, body."""
        with self.lock:
            number = next(
                (number for number, route in enumerate(self.routes) if route.fits(asked)), None)
            if number is None:
                self.faults.append(f"nobody expects {asked.method} {asked.host}{asked.path}")
                return 404, {}, b"{}"
            route = self.routes[number]
            faults = list(route.faults(asked))
            self.calls.append(number)
            self.faults += faults
            if faults:
                return 400, {}, b'{"error":"invalid_request"}'
            if number == self.redirected:
                place = "https://elsewhere.example.org/?" + urllib.parse.quote(asked.all()[:2000])
                return 307, {"location": place}, place.encode()
            if number in (self.refused, self.garbled):
                self.repeated += 1
                return self.repeat(asked, number == self.refused, route)
            given = route.gives(asked)
        if isinstance(given, dict):
            return 200, {"content-type": "application/json", **route.headers}, \
                json.dumps(given).encode()
        return 200, route.headers, given.encode()

    @staticmethod
    def repeat(asked, refuses, route):
        """Refuses, or gives what is none of what was wanted; with all that was sent."""
        text = asked.all()
        headers = {**route.headers, "x-amzn-errortype": text[:2000], "x-request-id": text[:2000]}
        if asked.form.get("Action"):
            xml = f"<Error><Code>{text}</Code><Message>{text}</Message></Error>"
            return 403 if refuses else 200, headers, xml.encode()
        if refuses:
            value = {"error": text, "error_description": text, "message": text, "__type": text}
            return 400, headers, json.dumps(value).encode()
        value = {"access_token": [text], "accessToken": {"is": text}, "expires_in": text,
                 "roleCredentials": text, "AccessKeyId": text, "Expiration": text}
        return 200, headers, json.dumps(value).encode()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, place, double, context):
        super().__init__(place, Handler)
        self.double, self.context = double, context

    def finish_request(self, request, client_address):
        if not self.context:
            return super().finish_request(request, client_address)
        request.settimeout(20)
        with self.context.wrap_socket(request, server_side=True) as encrypted:
            super().finish_request(encrypted, client_address)

    def handle_error(self, request, client_address):
        """A client may leave whenever it likes."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        status, headers, content = self.server.double.answer(Asked(self, body))
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_GET


def context(folder):
    """The certificate that `tools/scripted-provider` made in a folder, for all names."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
    return made
