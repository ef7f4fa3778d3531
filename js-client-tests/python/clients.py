"""python-socketio's two clients, blocking and with asyncio, behind one face, so that one test is for both."""

import asyncio
import logging
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata

import socketio

# The major version of the installed client.
VERSION = int(metadata.version("python-socketio").split(".")[0])
# How many seconds anything may take: many times what it does.
PATIENCE = 10


class Inbox:
    """Calls of a handler, in their order."""

    def __init__(self, what):
        self.what = what
        self.calls = queue.Queue()

    def next(self):
        """Waits for the next call and returns its arguments."""
        try:
            return self.calls.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"{self.what} did not happen") from None

    def is_empty(self):
        """Whether no call waits to be looked at."""
        return self.calls.empty()


class Pings(logging.Handler):
    """Finds in the log of the client that a ping and its pong went over the wire."""

    def __init__(self, inbox):
        super().__init__()
        self.inbox = inbox

    def emit(self, record):
        # The server pings clients of Engine.IO 4, and answers the pings of older ones.
        if record.getMessage().startswith("Received packet " + ("PING" if VERSION >= 5 else "PONG")):
            self.inbox.calls.put(())


class Client:
    """What both clients can do. Everything waits until it is done."""

    def __init__(self, kind):
        self.pings = Inbox("a ping")
        logger = logging.Logger("client")
        logger.addHandler(Pings(self.pings))
        delays = {"reconnection_delay": 0.05, "reconnection_delay_max": 0.05, "randomization_factor": 0}
        self.client = kind(engineio_logger=logger, **delays)

    def inbox(self, event, namespace="/", answer=None):
        """Collects the calls of an event's handler from now on; `answer` is what the handler returns."""
        inbox = Inbox(f"{event} in {namespace}")
        self.client.on(event, self.handler(inbox.calls.put, answer), namespace=namespace)
        return inbox

    def connect(self, origin, transports, namespaces=("/",), auth=None, wait=True):
        """Connects, and waits until that is known of all namespaces if it is to."""
        joined = [self.inbox("connect", namespace) for namespace in namespaces]
        options = {"transports": list(transports), "namespaces": list(namespaces)}
        if VERSION >= 5:
            options.update(auth=auth, wait=wait, wait_timeout=PATIENCE)
        self.run(self.client.connect, origin, **options)
        # A client of version 4 does not wait for its namespaces.
        if wait:
            for inbox in joined:
                inbox.next()
        return dict(zip(namespaces, joined))

    def emit(self, event, *arguments, namespace="/", callback=None):
        """Emits an event."""
        self.run(self.client.emit, event, arguments, namespace=namespace, callback=callback)

    def acknowledged(self, event, *arguments, namespace="/"):
        """Emits an event and returns what its acknowledgement says."""
        inbox = Inbox(f"the acknowledgement of {event}")
        self.emit(event, *arguments, namespace=namespace, callback=lambda *answer: inbox.calls.put(answer))
        return inbox.next()

    def disconnect(self):
        """Leaves all namespaces, closes the connection, and waits for what the client does in the background."""
        reading = self.client.eio.read_loop_task
        self.run(self.client.disconnect)
        # Clients of version 4 do not wait, and mistake a new connection for the old one.
        if reading is not None:
            self.wait_for(reading)

    @property
    def transport(self):
        """How the client is connected."""
        return self.client.transport() if callable(self.client.transport) else self.client.transport

    def close(self):
        """Disconnects, if the client is connected, and gives up coming back."""
        self.client.reconnection = False
        if self.client._reconnect_abort is not None:
            self.run_soon(self.client._reconnect_abort.set)
        self.disconnect()


class Blocking(Client):
    """The client that blocks."""

    def __init__(self):
        super().__init__(socketio.Client)
        # The client handles each message in a thread of its own, so that an event may overtake another, or bytes their
        # event. One thread for all of them keeps the order in which they came.
        self.worker = ThreadPoolExecutor(1)
        start = self.client.eio.start_background_task

        def start_in_order(target, *arguments, **options):
            if target == self.client._handle_eio_message:
                return self.worker.submit(target, *arguments)
            return start(target, *arguments, **options)

        self.client.eio.start_background_task = start_in_order

    def handler(self, put, answer):
        """A handler that tells what it is called with."""

        def handle(*arguments):
            put(arguments)
            return answer

        return handle

    def run(self, function, *arguments, **options):
        """Calls a function of the client."""
        return function(*arguments, **options)

    def run_soon(self, function):
        """Calls a function where the client lives."""
        function()

    def wait_for(self, thread):
        """Waits until a thread of the client has ended."""
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a thread of the client does not end"

    def close(self):
        super().close()
        self.worker.shutdown()


class Asynchronous(Client):
    """The client with asyncio, in a loop that runs in a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

        # Older clients look for the loop when they are made.
        async def make():
            super(Asynchronous, self).__init__(socketio.AsyncClient)

        asyncio.run_coroutine_threadsafe(make(), self.loop).result(PATIENCE)

    def handler(self, put, answer):
        """A handler that tells what it is called with."""

        async def handle(*arguments):
            put(arguments)
            return answer

        return handle

    def run(self, function, *arguments, **options):
        """Calls a coroutine of the client and waits for what it returns."""
        return asyncio.run_coroutine_threadsafe(function(*arguments, **options), self.loop).result(PATIENCE)

    def run_soon(self, function):
        """Calls a function where the client lives."""
        self.loop.call_soon_threadsafe(function)

    def wait_for(self, *tasks):
        """Waits until tasks of the client have ended, be it by an exception, as some of older clients do."""

        async def ended():
            await asyncio.gather(*tasks, return_exceptions=True)

        self.run(ended)

    def close(self):
        super().close()
        # What the client has begun ends with it; the loop must not stop before.
        self.wait_for(*asyncio.all_tasks(self.loop))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()
