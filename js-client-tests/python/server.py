"""The server under test: `CONFORMANCE_SERVER` names its program."""

import os
import re
import subprocess

# How often a server that comes back may find its port taken, by a connection that got this port of all.
ATTEMPTS = 50
# How many milliseconds a client has to answer a ping: more than one that is as busy as the tests needs.
PING_TIMEOUT = "1000"


class Server:
    """A server at a port of loopback, which it keeps when it ends and comes back."""

    def __init__(self, **environment):
        self.environment = environment
        self.port = "0"
        self.process = None
        self.start()

    def start(self):
        """Starts the server and waits until it listens."""
        for _ in range(ATTEMPTS):
            environment = {**os.environ, **self.environment, "PORT": self.port, "PING_TIMEOUT": PING_TIMEOUT}
            self.process = subprocess.Popen(
                [os.environ["CONFORMANCE_SERVER"]], env=environment, stdout=subprocess.PIPE, text=True
            )
            listening = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", self.process.stdout.readline())
            if listening:
                self.port = listening.group(1)
                return
            self.end()
        raise RuntimeError("the server does not listen")

    def end(self):
        """Ends the server at once, as a crash would."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    @property
    def origin(self):
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"
