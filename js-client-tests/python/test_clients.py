"""What python-socketio says and hears, by every transport it has. `clients.VERSION` is 5 here, or 4."""

import faulthandler
import unittest

import socketio

from clients import VERSION, Asynchronous, Blocking
from server import Server

# Seconds for all tests, many times what they take. What hangs ends here and shows where.
LIMIT = 120

BYTES = bytes([0, 1, 2, 4, 253, 254, 255])
VALUES = (
    None,
    True,
    0,
    -1.5,
    2**53 - 1,
    "",
    "€ and 😀 \u0000 \u2028 \\ \" \n \x1e",
    [],
    {},
    [1, [2, [3, [None]]]],
    {"a": {"b": [{"c": None}], "d": "é"}, "": "empty"},
)

KINDS = {"blocking": Blocking, "asyncio": Asynchronous}
WAYS = {
    "polling": ["polling"],
    "websocket": ["websocket"],
    "upgrade": ["polling", "websocket"],
}


def setUpModule():
    """Starts the server of all tests that do not end it."""
    global server
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    server = Server(ALLOW_EIO3="1")


def tearDownModule():
    """Ends it, if it has not died of the tests."""
    alive = server.process.poll() is None
    server.end()
    faulthandler.cancel_dump_traceback_later()
    assert alive, "the server died during the tests"


class Conversation:
    """The tests of one kind of client by one way to connect."""

    kind = None
    transports = None

    def open(self):
        """A client that is not connected yet."""
        client = self.kind()
        self.addCleanup(client.close)
        return client

    def connect(self, namespaces=("/",), **options):
        """A client that is."""
        client = self.open()
        client.connect(server.origin, self.transports, namespaces, **options)
        return client

    def echo(self, client, *arguments, namespace="/"):
        """Sends a message and returns what comes back."""
        answers = client.inbox("message-back", namespace)
        client.emit("message", *arguments, namespace=namespace)
        return answers.next()

    def test_the_server_knows_who_connects_by_which_transport_and_url(self):
        client = self.open()
        told = client.inbox("auth")
        auth = {"token": "123", "nested": {"list": [1, None, "€"]}} if VERSION >= 5 else {}
        client.connect(f"{server.origin}?colour=dark%20red&n=1", self.transports, auth=auth)
        self.assertEqual(client.transport, self.transports[-1])
        self.assertEqual(told.next(), (auth,))
        self.assertEqual(client.acknowledged("query", "colour"), ("dark red",))
        self.assertEqual(client.acknowledged("query", "size"), (None,))

    def test_all_kinds_of_values_go_both_ways(self):
        client = self.connect()
        self.assertEqual(self.echo(client), ())
        self.assertEqual(self.echo(client, *VALUES), VALUES)

    def test_an_event_whose_name_is_escaped_finds_its_handler(self):
        client = self.connect()
        heard = client.inbox("été")
        client.emit("été", "chaud", BYTES)
        self.assertEqual(heard.next(), ("chaud", BYTES))
        self.assertEqual(client.acknowledged("été"), ())

    def test_bytes_go_both_ways_at_any_depth(self):
        client = self.connect()
        # Clients of version 4 read a packet of no bytes as None.
        none = b"" if VERSION >= 5 else b"\x00"
        value = {"a": [BYTES, {"b": b"\x01", "c": [None, "text", {"d": none}]}], "e": "€"}
        self.assertEqual(self.echo(client, value, "between", BYTES), (value, "between", BYTES))
        many = bytes([7]) * 200_000
        self.assertEqual(self.echo(client, many), (many,))

    def test_events_arrive_once_each_and_in_order_with_their_bytes(self):
        client = self.connect()
        answers = client.inbox("message-back")
        # The client takes no more than sixteen packets at once from a poll: twelve, and what there may be besides.
        for start in range(0, 80, 4):
            numbers = range(start, start + 4)
            for number in numbers:
                client.emit("message", number, bytes([number]))
                client.emit("message", number)
            for number in numbers:
                self.assertEqual(answers.next(), (number, bytes([number])))
                self.assertEqual(answers.next(), (number,))
        self.assertEqual(client.acknowledged("message-with-ack", "marker"), ("marker",))
        self.assertTrue(answers.is_empty())

    def test_what_is_emitted_to_all_arrives(self):
        clients = [self.connect(), self.connect()]
        heard = [client.inbox("message-to-all") for client in clients]
        clients[0].emit("message-to-all", "€", BYTES)
        for inbox in heard:
            self.assertEqual(inbox.next(), ("€", BYTES))

    def test_the_server_acknowledges(self):
        client = self.connect()
        self.assertEqual(client.acknowledged("message-with-ack"), ())
        values = (1, {"deep": [BYTES]}, BYTES)
        self.assertEqual(client.acknowledged("message-with-ack", *values), values)

    def test_the_client_acknowledges(self):
        client = self.connect()
        # The server says what it was answered in an event of the same name, as the last word.
        calls = client.inbox("emit-with-ack", answer=("answer", {"deep": [BYTES]}))
        client.emit("emit-with-ack", "question", BYTES)
        self.assertEqual(calls.next(), ("question", BYTES))
        self.assertEqual(calls.next(), ("answer", {"deep": [BYTES]}))

    def test_namespaces_share_a_connection(self):
        client = self.connect(("/", "/custom", "/room-1"))
        for namespace in ("/custom", "/", "/room-1"):
            self.assertEqual(self.echo(client, namespace, BYTES, namespace=namespace), (namespace, BYTES))
            self.assertEqual(client.acknowledged("message-with-ack", 1, namespace=namespace), (1,))

    def test_a_namespace_that_the_server_ends_leaves_the_others_alone(self):
        client = self.connect(("/", "/custom"))
        left = client.inbox("disconnect", "/custom")
        client.emit("disconnect-me", namespace="/custom")
        left.next()
        self.assertNotIn("/custom", client.client.namespaces)
        self.assertEqual(self.echo(client, "still here"), ("still here",))

    def test_a_client_that_is_refused_reads_why(self):
        client = self.open()
        errors = {name: client.inbox("connect_error", name) for name in ("/refused", "/refused-with-data", "/unknown")}
        joined = client.connect(server.origin, self.transports, ("/", *errors), wait=False)
        joined["/"].next()
        told = [inbox.next() for inbox in errors.values()]
        if VERSION >= 5:
            refused = {"message": "not you"}
            messages = [refused, {**refused, "data": {"code": 42}}, {"message": "Invalid namespace"}]
        else:
            messages = ["not you", {"code": 42}, {"message": "Invalid namespace"}]
        self.assertEqual(told, [(message,) for message in messages])
        self.assertEqual(self.echo(client, "hello"), ("hello",))

    def test_a_client_may_leave_and_come_back(self):
        client = self.connect()
        left = client.inbox("disconnect")
        client.disconnect()
        # Clients of version 4 call no handler for what they do themselves.
        if VERSION >= 5:
            left.next()
        self.assertFalse(client.client.connected)
        client.connect(server.origin, self.transports)
        self.assertEqual(self.echo(client, "again"), ("again",))

    def test_a_client_that_the_server_disconnects_hears_of_it(self):
        client = self.connect()
        left = client.inbox("disconnect")
        client.emit("disconnect-me")
        left.next()
        self.assertFalse(client.client.connected)

    def test_a_client_stays_as_long_as_pings_are_answered(self):
        client = self.connect()
        # One every 300 ms: had the first not been answered, the server would have lost patience before the last.
        for _ in range(6):
            client.pings.next()
        self.assertEqual(self.echo(client, "hello"), ("hello",))

    def test_a_client_comes_back_to_all_its_namespaces_when_the_server_does(self):
        mortal = Server(ALLOW_EIO3="1")
        self.addCleanup(mortal.end)
        client = self.open()
        joined = client.connect(mortal.origin, self.transports, ("/", "/custom"))
        lost = [client.inbox("disconnect", namespace) for namespace in joined]
        mortal.end()
        for inbox in lost:
            inbox.next()
        mortal.start()
        for inbox in joined.values():
            inbox.next()
        self.assertEqual(self.echo(client, "main"), ("main",))
        self.assertEqual(self.echo(client, "custom", BYTES, namespace="/custom"), ("custom", BYTES))

    if VERSION < 5:

        def test_a_server_that_does_not_speak_its_protocol_says_so(self):
            newer = Server()
            self.addCleanup(newer.end)
            client = self.open()
            with self.assertRaises(socketio.exceptions.ConnectionError):
                client.connect(newer.origin, self.transports)


def load_tests(_loader, _tests, _pattern):
    """The same tests for each kind of client, and each way to connect."""
    suite = unittest.TestSuite()
    for kind, client in KINDS.items():
        for way, transports in WAYS.items():
            name = f"python-socketio {VERSION}, {kind}, {way}"
            members = {"kind": client, "transports": transports, "__qualname__": name}
            case = type("Case", (Conversation, unittest.TestCase), members)
            suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(case))
    return suite
